/**
 * One measurement of evenkeel, through its public library: node bench/engine.mjs SCENARIO REQUESTS SEED REPLICATIONS WORKERS
 *
 * Prints one JSON object: CPU and wall seconds of the run without reading the scenario, what was simulated, the largest memory.
 */
import { readFileSync } from 'node:fs';
import { loadStudy, planStudy, runStudy } from '../dist/index.js';

const [file, requests, seed, replications, workers] = process.argv.slice(2);
const rate = Number(/rate: (\d+)\/s/.exec(readFileSync(file, 'utf8'))[1]);
const study = await loadStudy({
  files: [file],
  recursive: false,
  sets: [`run.duration=${Math.round((Number(requests) / rate) * 1e6)}us`],
  vary: [],
  seed,
  replications: Number(replications),
});
const plan = planStudy(study);
const before = process.cpuUsage();
const started = performance.now();
const outcome = await runStudy(plan, { workers: Number(workers), resume: false });
const wall = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(before);
const cell = outcome.result.cells[0];
console.log(
  JSON.stringify({
    cpu: (cpu.user + cpu.system) / 1e6,
    wall,
    requests: cell.requests.offered,
    completed: cell.requests.completed,
    events: outcome.events,
    connections: cell.connections.opened,
    mean: cell.metrics.request_duration.mean.value,
    p99: cell.metrics.request_duration.p99.value,
    peakRss: process.resourceUsage().maxRSS * 1024,
  }),
);
