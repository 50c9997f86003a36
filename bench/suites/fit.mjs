/** `evenkeel fit`: memory must not depend on the length of a log, and the law that made it must come back. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { row } from '../statistics.mjs';

const MIB = 1 << 20;
/** Lines of about 106 bytes: 10 MB and 210 MB. */
const SHORT = 100_000;
const LONG = 2_000_000;
const SIGMA = 0.6;
const P50 = 0.02;

export async function fit({ say }) {
  const short = [];
  for (let round = 0; round < 2; round++) short.push(await measureFit(SHORT));
  say(`${LONG / 1e6} M lines`);
  const long = await measureFit(LONG);
  const sizes = short.map((run) => run.peakRss / MIB);
  const perLine = (long.cpu - Math.min(...short.map((run) => run.cpu))) / (LONG - SHORT);
  return [
    row(`peak memory, ${SHORT / 1e6} M lines`, sizes, { unit: 'MiB' }),
    row(`peak memory, ${LONG / 1e6} M lines`, [long.peakRss / MIB], { unit: 'MiB' }),
    row(
      'growth',
      sizes.map((size) => long.peakRss / MIB - size),
      { unit: 'MiB', must: 40, aim: 20 },
    ),
    row('lines per second and core', [1e-6 / perLine], { unit: 'M/s' }),
    row('p50 ÷ that of the law − 1', [Math.abs(long.p50 / P50 - 1)], { must: 0.01 }),
    row('rate ÷ that of the log − 1', [Math.abs(long.rate / 500 - 1)], { must: 0.01 }),
    row(`law is lognormal (sigma ${SIGMA})`, [long.law === 'lognormal' ? 1 : 0], { must: 1, atLeast: true }),
  ];
}

function measureFit(lines) {
  const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
  const source = spawn(process.execPath, [path('logs.mjs'), lines], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sink = spawn(process.execPath, [path('fit.mjs')], { stdio: [source.stdout, 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    sink.stdout.on('data', (data) => {
      text += data;
    });
    sink.on('close', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`fit ended with ${code}`))));
  });
}
