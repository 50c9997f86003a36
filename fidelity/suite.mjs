/** Runs the rules in a lab of their own. */
import { Lab, whyNoLab } from './lab.mjs';
import { rules, systems } from './rules.mjs';

/**
 * @typedef {object} Row
 * @property {string} system
 * @property {string} version
 * @property {string} rule
 * @property {string} real
 * @property {string} model
 * @property {'agrees' | 'DISAGREES' | 'skipped'} verdict
 * @property {string} detail figures of this run, or why the rule was skipped
 */

/**
 * @param told called with each row as soon as it is known
 * @returns {Promise<Row[]>}
 */
export async function runSuite(told) {
  const rows = [];
  const bench = await Bench.open();
  try {
    for (const rule of rules) {
      const row = await bench.run(rule);
      rows.push(row);
      told(row);
    }
  } finally {
    bench.end();
  }
  return rows;
}

/** A lab, if there can be one, and what is known of the systems in it. */
export class Bench {
  #lab = null;
  /** System → its version, or why it cannot run. */
  #systems = new Map();

  static async open() {
    const bench = new Bench();
    const why = whyNoLab();
    if (why === '') bench.#lab = await Lab.open();
    for (const [system, tool] of systems) {
      const reason = why || (await tool.whyNot(bench.#lab.node));
      bench.#systems.set(system, { reason, version: reason === '' ? await tool.version(bench.#lab.node) : '' });
    }
    return bench;
  }

  /**
   * A rule that disagrees is run once more, with new flows: a test of draws fails by chance once in a thousand times, and only what fails
   * twice counts. What the kernel does otherwise than the model, it does each time.
   * @returns {Promise<Row>}
   */
  async run({ system, rule, run }) {
    const { reason, version } = this.#systems.get(system);
    if (reason !== '') return skipped(system, version, rule, reason);
    const first = await run(this.#lab);
    const { real, model, detail = '', skipped: why } = first.real === first.model ? first : await run(this.#lab);
    if (why !== undefined) return skipped(system, version, rule, why);
    return { system, version, rule, real, model, verdict: real === model ? 'agrees' : 'DISAGREES', detail };
  }

  end() {
    this.#lab?.end();
  }
}

const skipped = (system, version, rule, reason) => ({ system, version, rule, real: '', model: '', verdict: 'skipped', detail: reason });
