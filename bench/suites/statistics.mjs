/**
 * Are the statistical claims true? Intervals cover as often as they say, pairing saves what it should, the best is chosen.
 *
 * Everything goes through the product: studies, sessions, merging, stopping rules, elimination. One stream of independent replications of
 * M/M/4 at 0.8, whose figures have closed forms, is cut into experiments, so that it is simulated once: blocks of 20 for the fixed
 * number, and for sequential stopping whatever the rule asks for, one experiment after the other.
 */
import { fileURLToPath } from 'node:url';
import { collect } from '../../dist/experiments/collect.js';
import { compareStudy, selectBest } from '../../dist/experiments/compare.js';
import { parseMetric } from '../../dist/experiments/compared-metrics.js';
import { judgeChange } from '../../dist/experiments/gate/regression.js';
import { mergeHistograms, quantile } from '../../dist/experiments/merged-histogram.js';
import { withSession } from '../../dist/experiments/session.js';
import { thresholdHistogram, thresholdSample } from '../../dist/experiments/threshold-figures.js';
import { loadStudy, planStudy } from '../../dist/index.js';
import { RandomStream, seedKey } from '../../dist/random/stream.js';
import { binomialInterval } from '../../dist/statistics/index.js';
import { mm4 } from '../mm4.mjs';

const scenario = (name) => fileURLToPath(new URL(`../scenarios/${name}.yaml`, import.meta.url));
const REPLICATIONS = 20;
const MEAN = parseMetric('request_duration:mean', []);

/** @param {{ experiments: number, say(text: string): void }} options experiments of each kind; trials of the selection are a fifth of that */
export async function statistics({ experiments, say }) {
  return [
    ...(await coverage(experiments, say)),
    ...(await gate(experiments, say)),
    ...(await pairing(say)),
    ...(await selection(Math.round(experiments / 5), say)),
  ];
}

// ---- coverage ----

async function coverage(experiments, say) {
  const study = await loadStudy({ files: [scenario('mm4')], seed: 'coverage' });
  const plan = planStudy(study);
  const stopWhen = (statistic, relative) => ({ ...plan, study: { ...study, stopWhen: { figures: [figure(statistic)], relative, max: 200 } } });
  const truth = mm4(320, 0.01);
  const kinds = [
    { plan: { ...plan, study: { ...study, replications: REPLICATIONS } }, figures: ['mean', 'p99'], name: `${REPLICATIONS} replications` },
    { plan: stopWhen('mean', 0.022), figures: ['mean'], name: 'stopped at a mean within 2.2 %' },
    { plan: stopWhen('p(99)', 0.045), figures: ['p99'], name: 'stopped at a p99 within 4.5 %' },
  ].map((kind) => ({ ...kind, at: 0, done: 0, replications: 0, covered: {}, printed: {}, half: {} }));
  await withSession({ seed: study.seed, workers: 1 }, async (session) => {
    const stream = new Stream(session, plan.cells[0]);
    let told = 0;
    while (kinds.some(({ done }) => done < experiments)) {
      // Whoever is behind goes on, so that few replications have to be kept.
      const kind = kinds.filter(({ done }) => done < experiments).reduce((least, one) => (one.at < least.at ? one : least));
      stream.forget(Math.min(...kinds.map(({ at, done }) => (done < experiments ? at : Infinity))));
      const { result } = await collect(kind.plan, stream.from(kind.at), { cellsAtOnce: 1, wantsRows: false });
      const [cell] = result.cells;
      kind.at += cell.replications;
      kind.replications += cell.replications;
      kind.done++;
      for (const name of kind.figures) count(kind, name, cell.metrics.request_duration[name], truth[name]);
      const share = kinds.reduce((sum, { done }) => sum + done, 0) / experiments / kinds.length;
      if (Math.floor(share * 10) > told) say(`coverage ${Math.floor(share * 100)} %`);
      told = Math.floor(share * 10);
    }
  });
  return kinds.flatMap((kind) =>
    kind.figures.map((name) => {
      const [least, most] = name === 'mean' ? [0.93, 0.97] : [0.92, 0.98];
      return {
        ...shareRow(`95 % interval of the ${name}, ${kind.name}: covers the truth`, kind.covered[name] ?? 0, kind.printed[name] ?? 0, { least, most }),
        detail: `${kind.printed[name] ?? 0} of ${kind.done} experiments printed one; ${(kind.replications / kind.done).toFixed(1)} replications and a half width of ${((100 * kind.half[name]) / kind.printed[name]).toFixed(1)} % on average`,
      };
    }),
  );
}

function figure(statistic) {
  return { metric: 'request_duration', name: 'request_duration', tags: {}, sinceNs: null, statistic };
}

function count(kind, name, estimate, truth) {
  if (!('low' in estimate)) return;
  kind.printed[name] = (kind.printed[name] ?? 0) + 1;
  kind.half[name] = (kind.half[name] ?? 0) + (estimate.high - estimate.low) / 2 / estimate.value;
  if (estimate.low <= truth && truth <= estimate.high) kind.covered[name] = (kind.covered[name] ?? 0) + 1;
}

/** Replications of one cell in order, of which several experiments take their own parts. */
class Stream {
  #runs = new Map();

  constructor(session, cell) {
    this.session = session;
    this.cell = cell;
  }

  /** A source of replications that begins at number `first` of the stream. */
  from(first) {
    const replication = async (number) => {
      if (!this.#runs.has(number)) this.#runs.set(number, (await this.session.replications(this.cell, number, number + 1))[0]);
      return this.#runs.get(number);
    };
    return {
      replications: async (_cell, from, to) => {
        const runs = [];
        for (let number = first + from; number < first + to; number++) runs.push(await replication(number));
        return runs;
      },
    };
  }

  forget(before) {
    for (const number of this.#runs.keys()) if (number < before) this.#runs.delete(number);
  }
}

// ---- the gate ----

/** Replications that experiments of the gate are drawn from, with replacement: many more than one of them takes. */
const POOL = 2000;
const PILOT = 20;
const P99 = parseMetric('request_duration:p(99)', []);

/**
 * `check` against a baseline of another seed (unpaired): alarms though nothing changed, and alarms when p99 is five points worse than is
 * allowed, with as many replications as the gate asks for after a pilot of 20. A system whose times are all 5 % longer is the same one on
 * a slower clock, so its replications are those of the pool times 1.05.
 */
export async function gate(experiments, say) {
  say('gate');
  const study = await loadStudy({ files: [scenario('mm4')], seed: 'gate' });
  const plan = planStudy(study);
  const pool = [];
  await withSession({ seed: study.seed, workers: 1 }, async (session) => {
    for (let number = 0; number < POOL; number++) {
      const [run] = await session.replications(plan.cells[0], number, number + 1);
      pool.push({ value: thresholdSample(run, P99.figure, false), histogram: thresholdHistogram(run, P99.figure) });
    }
  });
  const random = new RandomStream(seedKey('gate experiments'));
  const draw = (count) => Array.from({ length: count }, () => pool[random.integer(pool.length)]);
  const figureOf = (drawn, factor) => ({
    pooled: (factor * quantile(mergeHistograms(drawn.map(({ histogram }) => histogram)), 99)) / 1e9,
    values: drawn.map(({ value }) => factor * value),
  });
  const options = { isPaired: false, worse: 'more', allowed: 0, alpha: 0.01 };
  let [falseAlarms, alarms, asked] = [0, 0, 0];
  for (let experiment = 0; experiment < experiments; experiment++) {
    const { needed } = judgeChange(figureOf(draw(PILOT), 1), figureOf(draw(PILOT), 1), options);
    const [before, after] = [draw(needed), draw(needed)];
    asked += needed;
    if (judgeChange(figureOf(before, 1), figureOf(after, 1), options).verdict === 'worse') falseAlarms++;
    if (judgeChange(figureOf(before, 1), figureOf(after, 1.05), options).verdict === 'worse') alarms++;
  }
  const detail = `${experiments} experiments drawn from ${POOL} replications; ${(asked / experiments).toFixed(0)} replications a side on average, as the gate asked for after ${PILOT}`;
  const rate = shareRow('gate, p99, nothing changed, another seed: false alarms', falseAlarms, experiments, { least: 0, most: 1 });
  return [
    { ...rate, wanted: '≤ 1 %', verdict: rate.value <= 1 ? 'ok' : 'FAIL', detail },
    { ...shareRow('gate, p99 worse by 5 points more than allowed: alarms', alarms, experiments, { least: 0.95, most: 1 }), detail },
  ];
}

// ---- pairing ----

const PAIRS = 40;

/** Round robin against least connections: variance of the difference of unpaired runs ÷ of paired ones = replications saved. */
async function pairing(say) {
  const rows = [];
  for (const [load, slots, least] of [
    [0.5, 8, 5],
    [0.7, 8, 5],
    [0.8, 8, undefined],
    [0.8, 1, undefined],
  ]) {
    say(`pairing at ${100 * load} % of ${slots} slots`);
    const sets = [`clients[0].arrivals.rate=${Math.round(load * slots * 1000)}/s`, `workloads.deployment/web.concurrency=${slots}`];
    const study = await loadStudy({ files: [scenario('strategies')], sets, replications: PAIRS, seed: 'pairing' });
    const cells = study.cells.filter(({ axes }) => ['round_robin', 'least_connections'].includes(axes.policy)).map((cell, id) => ({ ...cell, id }));
    const { comparison } = await compareStudy(planStudy({ ...study, cells }), { metrics: [MEAN], ...SETTINGS }, { workers: 1, resume: false });
    const { varianceRatio } = comparison.metrics[0].cells[1].difference;
    rows.push({
      measure: `pairing, mean, round_robin against least_connections, ${slots === 1 ? '1 slot' : `${slots} slots`} at ${100 * load} %: replications saved`,
      value: varianceRatio,
      unit: '×',
      verdict: least === undefined ? '' : varianceRatio >= least ? 'ok' : 'FAIL',
      wanted: least === undefined ? '' : `≥ ${least}`,
      detail: `${PAIRS} pairs`,
    });
  }
  return rows;
}

// ---- selection ----

const SETTINGS = { alpha: 0.05, selection: { confidence: 0.95, indifference: { share: 0.02 } } };

/** Eight policies of which one is the best: how often elimination finds it, and what that takes. */
async function selection(trials, say) {
  const study = await loadStudy({ files: [scenario('strategies')] });
  const best = study.cells.findIndex(({ axes }) => axes.policy === 'least_connections');
  let [right, replications, lead] = [0, 0, 0];
  for (let trial = 0; trial < trials; trial++) {
    if (trial % 20 === 0) say(`selection ${trial} of ${trials}`);
    const plan = planStudy({ ...study, seed: `selection ${trial}` });
    const { comparison } = await selectBest(plan, MEAN, { metrics: [MEAN], ...SETTINGS }, { workers: 1, resume: false, most: 1000 });
    const means = comparison.metrics[0].cells.map(({ estimate }) => estimate.value);
    if (comparison.selection.best === best) right++;
    replications += comparison.cells.reduce((sum, cell) => sum + cell.replications, 0);
    lead += Math.min(...means.filter((_, i) => i !== best)) / means[best] - 1;
  }
  return [
    {
      ...shareRow(`the best of ${study.cells.length} policies is chosen (Kim and Nelson, indifference 2 %)`, right, trials, { least: 0.95, most: 1 }),
      detail: `${trials} trials; it leads by ${((100 * lead) / trials).toFixed(1)} %; ${(replications / trials / study.cells.length).toFixed(1)} replications a policy on average`,
    },
  ];
}

/** A share that was counted, with the exact binomial interval of what it stands for. */
function shareRow(measure, hits, trials, { least, most }) {
  const value = trials === 0 ? Number.NaN : hits / trials;
  const { low, high } = trials === 0 ? { low: 0, high: 1 } : binomialInterval(hits, trials, 0.95);
  const wanted = most < 1 ? `${100 * least} to ${100 * most} %` : `≥ ${100 * least} %`;
  return { measure, value: 100 * value, low: 100 * low, high: 100 * high, unit: '%', wanted, verdict: value >= least && value <= most ? 'ok' : 'FAIL' };
}
