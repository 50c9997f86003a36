import { expect } from 'chai';
import { holm } from './multiplicity.ts';

describe('holm', () => {
  it('multiplies by what is left, and never steps down', () => {
    expect(holm([0.01, 0.04, 0.03])).to.deep.equal([0.03, 0.06, 0.06]);
    expect(holm([0.005])).to.deep.equal([0.005]);
    expect(holm([0.6, 0.5])).to.deep.equal([1, 1]);
  });
});
