/** Every rule is a test; one that this machine cannot run is skipped with the reason. */
import { expect } from 'chai';
import { rules } from './rules.mjs';
import { Bench } from './suite.mjs';
import { vectorRows } from './vectors.mjs';

describe('fidelity to the real kernel', () => {
  let bench;
  before(async () => {
    bench = await Bench.open();
  });
  after(() => bench.end());

  for (const rule of rules) {
    it(`${rule.system}: ${rule.rule}`, async function () {
      const { real, model, verdict, detail } = await bench.run(rule);
      if (verdict === 'skipped') {
        this.test.title += ` (skipped: ${detail})`;
        this.skip();
      }
      expect(model, `the kernel wins (${detail})`).to.equal(real);
    });
  }
});

describe('fidelity to vectors', () => {
  for (const { system, rule, expected, model } of vectorRows()) {
    it(`${system}: ${rule}`, () => {
      expect(model).to.equal(expected);
    });
  }
});
