/** Mocha's `spec` reporter, which also writes its counts to the file that `EVENKEEL_TEST_COUNTS` names, for scripts/test.mjs. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(process.env.EVENKEEL_TEST_COUNTS, JSON.stringify({ passes, failures, pending }));
    });
  }
}
