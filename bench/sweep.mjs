/**
 * One large sweep of tiny cells, in a process of its own: node bench/sweep.mjs CELLS WORKERS
 * Prints one JSON object: seconds of reading and of running, the share of the workers' time that is simulation, the largest memory.
 */
import { loadStudy, planStudy, runStudy } from '../dist/index.js';

const [cells, workers] = process.argv.slice(2).map(Number);
/** The conductor's own part of the process: the heap of its thread, and what lies outside of it. */
let conductor = 0;
const watch = setInterval(() => {
  const { heapTotal, external } = process.memoryUsage();
  conductor = Math.max(conductor, heapTotal + external);
}, 50);
const started = performance.now();
const rates = Array.from({ length: cells }, (_, i) => `${(100 + i / 100).toFixed(2)}/s`).join(',');
const file = new URL('scenarios/sweep.yaml', import.meta.url).pathname;
const plan = planStudy(await loadStudy({ files: [file], vary: [`clients[0].arrivals.rate=${rates}`] }));
const read = (performance.now() - started) / 1000;
const { wallSeconds, simulatedSeconds, requests, result } = await runStudy(plan, { workers, resume: false });
clearInterval(watch);
console.log(
  JSON.stringify({
    read,
    wall: wallSeconds,
    share: simulatedSeconds / (wallSeconds * workers),
    each: (simulatedSeconds / cells / plan.study.replications) * 1000,
    cells: result.cells.length,
    requests,
    conductor,
    peakRss: process.resourceUsage().maxRSS * 1024,
  }),
);
