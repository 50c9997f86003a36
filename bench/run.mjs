/**
 * The benchmark: npm run bench [-- [suite…] [--rounds N] [--requests N] [--connections FEW,MANY] [--experiments N] [--cells N]]
 *
 * Prints a table per suite and writes everything to bench/results.json; the suite statistics, asked for by name, writes docs/statistics.md. Exit code 1 when a goal that must be met is not.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { statisticsPage } from './statistics-page.mjs';
import { cli } from './suites/cli.mjs';
import { fit } from './suites/fit.mjs';
import { kernel } from './suites/kernel.mjs';
import { l4 } from './suites/l4.mjs';
import { memory } from './suites/memory.mjs';
import { statistics } from './suites/statistics.mjs';
import { sweep } from './suites/sweep.mjs';
import { workers } from './suites/workers.mjs';
import { table } from './table.mjs';

const SUITES = { kernel, l4, memory, workers, sweep, cli, fit, statistics };
/** About ten minutes by itself, and no matter of speed: only when it is named. */
const BY_NAME_ONLY = ['statistics'];
const RESULTS = new URL('results.json', import.meta.url);
const PAGE = new URL('../docs/statistics.md', import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '10000000' },
    connections: { type: 'string', default: '1000000,100000000' },
    experiments: { type: 'string', default: '1000' },
    cells: { type: 'string', default: '2000' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(SUITES).filter((name) => !BY_NAME_ONLY.includes(name));
const unknown = names.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`unknown suite "${unknown.join(' ')}" (there are ${Object.keys(SUITES).join(', ')})`);
  process.exit(2);
}

const options = {
  rounds: Number(values.rounds),
  requests: Number(values.requests),
  connections: values.connections.split(',').map(Number),
  experiments: Number(values.experiments),
  cells: Number(values.cells),
};
const report = {
  date: new Date().toISOString(),
  machine: {
    cpu: cpus()[0].model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  },
  options,
  suites: {},
};
for (const name of names) {
  const rows = await SUITES[name]({ ...options, say: (text) => console.error(`${name}: ${text}`) });
  report.suites[name] = rows;
  console.log(`\n${name}\n${table(rows)}`);
  if (name === 'statistics') writeFileSync(PAGE, statisticsPage(rows, { ...report, experiments: options.experiments }));
  writeFileSync(RESULTS, `${JSON.stringify(report, null, 2)}\n`); // after each suite: an interrupted bench has what it measured
}
process.exitCode = Object.values(report.suites)
  .flat()
  .some((row) => row.verdict === 'FAIL')
  ? 1
  : 0;
