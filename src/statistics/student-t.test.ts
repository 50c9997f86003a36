import { expect } from 'chai';
// @ts-expect-error: jstat ships no types
import jstat from 'jstat';
import { studentT, studentTQuantile, studentTTail } from './student-t.ts';

describe('studentT', () => {
  it('gives the values of the printed tables', () => {
    expect(studentT(0.95, 1)).to.be.closeTo(12.7062, 1e-4);
    expect(studentT(0.95, 2)).to.be.closeTo(4.30265, 1e-5);
    expect(studentT(0.95, 19)).to.be.closeTo(2.093024, 1e-6);
    expect(studentT(0.99, 9)).to.be.closeTo(3.249836, 1e-6);
  });

  it('agrees with jstat over levels and degrees of freedom', () => {
    for (const level of [0.5, 0.8, 0.9, 0.95, 0.99, 0.999]) {
      for (const degrees of [1, 2, 3, 4, 5, 9, 19, 29, 30, 99, 500, 1001]) {
        const expected = jstat.studentt.inv((1 + level) / 2, degrees);
        expect(studentT(level, degrees) / expected, `${level} ${degrees}`).to.be.closeTo(1, 1e-7);
      }
    }
  });

  it('falls with the degrees of freedom towards the normal value', () => {
    expect(studentT(0.95, 10)).to.be.greaterThan(studentT(0.95, 11));
    expect(studentT(0.95, 100_000)).to.be.closeTo(1.959964 + 2.4e-5, 1e-5);
  });
});

describe('studentT at fractional degrees of freedom', () => {
  it('agrees with jstat and lies between the whole ones', () => {
    for (const level of [0.5, 0.95, 0.99]) {
      for (const degrees of [1.5, 2.25, 9.7, 17.776, 130.4]) {
        expect(studentT(level, degrees) / jstat.studentt.inv((1 + level) / 2, degrees), `${level} ${degrees}`).to.be.closeTo(1, 1e-7);
        expect(studentT(level, degrees)).to.be.within(studentT(level, Math.ceil(degrees)), studentT(level, Math.floor(degrees)));
      }
    }
  });

  it('meets the finite sum where both hold', () => {
    for (const degrees of [1, 2, 7, 30]) expect(studentT(0.95, degrees + 1e-9)).to.be.closeTo(studentT(0.95, degrees), 1e-6);
  });
});

describe('studentTQuantile', () => {
  it('gives the one-sided values of the printed tables', () => {
    expect(studentTQuantile(0.99, 9)).to.be.closeTo(2.821438, 1e-6);
    expect(studentTQuantile(0.95, 19)).to.be.closeTo(1.729133, 1e-6);
    expect(studentTQuantile(0.01, 9)).to.be.closeTo(-2.821438, 1e-6);
    expect(studentTQuantile(0.5, 9)).to.equal(0);
  });
});

describe('studentTTail', () => {
  it('is the two-sided p-value, far into the tail', () => {
    expect(studentTTail(2.093024, 19)).to.be.closeTo(0.05, 1e-7);
    expect(studentTTail(0, 5)).to.equal(1);
    // ν = 2: P(|T| > t) = 1 − t/√(2 + t²), for large t about 1/t²
    expect(studentTTail(1e6, 2) / 1e-12).to.be.closeTo(1, 1e-9);
    expect(studentTTail(Infinity, 4)).to.equal(0);
  });
});
