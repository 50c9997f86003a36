import { expect } from 'chai';
// @ts-expect-error: jstat ships no types
import jstat from 'jstat';
import { studentT } from './student-t.ts';

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
