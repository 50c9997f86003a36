import { expect } from 'chai';
import { gammaTails, logGamma } from './gamma-function.ts';

describe('gamma function', () => {
  it('logGamma is the factorial at whole numbers', () => {
    let factorial = 1;
    for (let n = 1; n < 30; n++) {
      expect(logGamma(n)).to.be.closeTo(Math.log(factorial), 1e-14 * Math.max(1, Math.log(factorial)));
      factorial *= n;
    }
  });

  it('logGamma at one half is ln √π, and far out follows the recurrence', () => {
    expect(logGamma(0.5)).to.be.closeTo(Math.log(Math.PI) / 2, 1e-14);
    expect(logGamma(1e-8)).to.be.closeTo(18.420680738180209, 1e-13);
    expect(logGamma(1001) - logGamma(1000)).to.be.closeTo(Math.log(1000), 1e-11);
  });

  it('tails are those of the exponential law at shape 1', () => {
    for (const x of [1e-12, 0.1, 1, 3, 40, 300]) {
      const { logLower, logUpper, logDensity } = gammaTails(1, Math.log(x));
      expect(logUpper).to.be.closeTo(-x, 1e-12 * Math.max(1, x));
      expect(logLower).to.be.closeTo(Math.log(-Math.expm1(-x)), 1e-12 * Math.max(1, x));
      expect(logDensity).to.be.closeTo(Math.log(x) - x, 1e-12 * Math.max(1, x));
    }
  });

  it('reaches arguments that are no doubles any more', () => {
    expect(gammaTails(0.01, -2000).logLower).to.be.closeTo(-20 - logGamma(1.01), 1e-12);
  });
});
