/** `evenkeel compare`: cells, named strategies or stored results side by side; or the best of them by elimination. */
import { type Issue, ScenarioError } from '../../errors.ts';
import { assumptionsOf } from '../../experiments/collect.ts';
import { type CompareSettings, compareSources, compareStudy, selectBest } from '../../experiments/compare.ts';
import { type ComparedMetric, type Prices, parseMetric } from '../../experiments/compared-metrics.ts';
import type { Comparison } from '../../experiments/comparison.ts';
import { InterruptedError } from '../../experiments/execute.ts';
import { writeAtomic } from '../../experiments/files.ts';
import { planStudy } from '../../experiments/plan.ts';
import type { RunOptions } from '../../experiments/run.ts';
import { stableJson } from '../../experiments/stable-json.ts';
import { isStoredResult, readStoredResult, storedCells } from '../../experiments/stored-cells.ts';
import { isUnitProblem, NS_PER_SECOND, parseDuration, parseShare } from '../../units.ts';
import type { FlagValues } from '../commands.ts';
import { DONE, INCONCLUSIVE } from '../exit-codes.ts';
import { countFlag, listFlag, textFlag } from '../flags.ts';
import { comparisonCsv, comparisonMarkdown, printComparison } from '../print-comparison.ts';
import { ProgressLine } from '../progress.ts';
import { checkWritable, repeatCommand, speedLine, stopOnSignals, workersFlag } from '../simulating.ts';
import { summary } from '../summary.ts';
import { openTerminal, type Terminal, writeError, writeOut } from '../terminal.ts';
import { loadFromFlags } from './load.ts';

const MOST_REPLICATIONS = 100_000;
const DEFAULT_MOST_REPLICATIONS = 1000;
const CONFIDENCE = 0.95;

export async function compare(operands: readonly string[], flags: FlagValues): Promise<number> {
  const issues: Issue[] = [];
  const settings = readSettings(flags, issues);
  const stored = await storedOperands(operands, flags, issues);
  const terminal = await openTerminal({ color: flags.color !== false });
  const report = textFlag(flags, 'report');
  if (report !== undefined) await checkWritable({ report });
  const comparison = stored === null ? await simulate(operands, flags, settings, issues, terminal) : await compareStored(stored, settings, issues);
  await writeOut(await formatted(comparison, textFlag(flags, 'output') ?? 'table', terminal));
  if (report !== undefined) {
    const { renderComparison } = await import('../../report/index.ts');
    await writeAtomic(report, await renderComparison(comparison, { command: repeatCommand(process.argv.slice(2)) }));
    if (flags.quiet !== true) writeError(`report ${report}\n`);
  }
  return flags.onInconclusive === 'fail' && isInconclusive(comparison) ? INCONCLUSIVE : DONE;
}

interface Settings extends CompareSettings {
  readonly wantsBest: boolean;
}

function readSettings(flags: FlagValues, issues: Issue[]): Settings {
  const prices = readPrices(flags, issues);
  const metrics = listFlag(flags, 'metric').map((text) => parseMetric(text, issues, prices));
  const alpha = parseShare(textFlag(flags, 'alpha') ?? '5%');
  if (isUnitProblem(alpha) || !(alpha > 0 && alpha < 0.5))
    issues.push({ where: '--alpha', problem: 'not a share between 0 and 50%', value: textFlag(flags, 'alpha'), hint: 'write 5%' });
  const baseline = textFlag(flags, 'baseline');
  const wantsBest = flags.best === true;
  if (wantsBest && metrics.length > 1)
    issues.push({ where: '--best', problem: 'the best by one metric', value: `${metrics.length}`, hint: 'name one --metric' });
  if (wantsBest && baseline !== undefined)
    issues.push({ where: '--baseline', problem: 'elimination has no baseline', value: baseline, hint: 'leave it out, or --best' });
  if (wantsBest && metrics[0]?.goal === 'none')
    issues.push({ where: '--metric', problem: 'neither less nor more of it is better', value: metrics[0].text, hint: "e.g. 'request_duration:p(99)'" });
  return {
    metrics: metrics.filter((metric): metric is ComparedMetric => metric !== null),
    ...(baseline !== undefined && { baseline }),
    ...(prices !== undefined && { prices }),
    alpha: isUnitProblem(alpha) ? 0.05 : alpha,
    selection: { confidence: CONFIDENCE, indifference: readIndifference(textFlag(flags, 'indifference') ?? '2%', issues) },
    wantsBest,
  };
}

/** One price alone leaves the other at nothing. */
function readPrices(flags: FlagValues, issues: Issue[]): Prices | undefined {
  const price = (name: string, flag: string): number | undefined => {
    const text = textFlag(flags, name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text);
    issues.push({ where: flag, problem: 'not a price', value: text, hint: 'write 0.096' });
    return undefined;
  };
  const [nodeHour, crossZoneGib] = [price('priceNodeHour', '--price-node-hour'), price('priceCrossZoneGib', '--price-cross-zone-gib')];
  return nodeHour === undefined && crossZoneGib === undefined ? undefined : { nodeHour: nodeHour ?? 0, crossZoneGib: crossZoneGib ?? 0 };
}

/** `2%` of the best, or a value in the metric's own unit: `5ms`, `0.01`. */
function readIndifference(text: string, issues: Issue[]): CompareSettings['selection']['indifference'] {
  const share = text.endsWith('%') ? parseShare(text) : null;
  const duration = share === null && /[a-z]$/.test(text) ? parseDuration(text) : null;
  const value = share ?? (duration === null ? Number(text) : isUnitProblem(duration) ? duration : duration / NS_PER_SECOND);
  if (!isUnitProblem(value) && value > 0) return share === null ? { absolute: value } : { share: value };
  issues.push({ where: '--indifference', problem: 'not a share, duration or number above 0', value: text, hint: 'write 2%, 5ms or 0.01' });
  return { share: 0.02 };
}

/** The results that the operands name; null when they name a scenario. */
async function storedOperands(operands: readonly string[], flags: FlagValues, issues: Issue[]): Promise<readonly string[] | null> {
  const isStored = await Promise.all(operands.map(isStoredResult));
  if (!isStored.includes(true)) return null;
  operands.forEach((operand, i) => {
    if (!isStored[i])
      issues.push({ where: operand, problem: 'is not a stored result, as the others are', hint: 'a folder written by run --out, or its results.json' });
  });
  for (const name of ['strategies', 'vary', 'filename', 'set', 'seed', 'replications', 'out', 'resume', 'best', 'kubeProxy', 'to']) {
    const value = flags[name];
    if (value !== undefined && value !== false && (!Array.isArray(value) || value.length > 0))
      issues.push({
        where: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        problem: 'stored results are simulated already',
        hint: 'compare the scenario instead',
      });
  }
  return operands;
}

async function compareStored(paths: readonly string[], settings: Settings, issues: readonly Issue[]): Promise<Comparison> {
  if (issues.length > 0) throw new ScenarioError(issues);
  const stored = await Promise.all(paths.map(readStoredResult));
  return compareSources(storedCells(stored, settings.baseline), settings, stored[0].result.scenario);
}

async function simulate(operands: readonly string[], flags: FlagValues, settings: Settings, issues: Issue[], terminal: Terminal): Promise<Comparison> {
  const out = textFlag(flags, 'out');
  const workers = workersFlag(flags, issues);
  const most = countFlag(flags, 'replications', MOST_REPLICATIONS, issues) ?? DEFAULT_MOST_REPLICATIONS;
  if (flags.resume === true && out === undefined) issues.push({ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' });
  const study = await loadFromFlags(operands, flags, issues);
  const plan = planStudy(study);
  await checkWritable({ ...(out !== undefined && { out }) });
  const say = (text: string) => {
    if (flags.quiet !== true) writeError(terminal.text(text));
  };
  const progress = new ProgressLine(terminal.isErrorTty);
  const stop = stopOnSignals();
  const options: RunOptions = {
    workers,
    resume: flags.resume === true,
    ...(out !== undefined && { out }),
    signal: stop.signal,
    ...(flags.quiet !== true && { onProgress: (now) => progress.update(now) }),
  };
  try {
    const [metric] = settings.metrics;
    say(summary(plan, assumptionsOf(plan)));
    const compared = settings.wantsBest
      ? await selectBest(plan, metric ?? (parseMetric('request_duration:p(99)', []) as ComparedMetric), settings, { ...options, most })
      : await compareStudy(plan, settings, options);
    progress.end();
    say(speedLine(compared));
    return compared.comparison;
  } catch (error) {
    progress.end();
    throw error instanceof InterruptedError && out !== undefined
      ? new InterruptedError(`interrupted; what was finished is in ${out}, --resume goes on`)
      : error;
  } finally {
    stop.forget();
  }
}

async function formatted(comparison: Comparison, output: string, terminal: Terminal): Promise<string> {
  const json = `${stableJson(comparison, 2)}\n`;
  if (output === 'json') return json;
  if (output === 'csv') return comparisonCsv(comparison);
  if (output === 'markdown') return comparisonMarkdown(comparison);
  if (output === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(JSON.parse(json), { aliasDuplicateObjects: false });
  }
  return printComparison(comparison, { terminal, isWide: output === 'wide', command: repeatCommand(process.argv.slice(2)) });
}

/** Something that was asked could not be told: a difference that is not shown, or a best that is not found. */
function isInconclusive({ metrics, selection }: Comparison): boolean {
  const differences = metrics.flatMap(({ cells }) => cells.flatMap(({ difference }) => (difference === undefined ? [] : [difference])));
  const isOpen = differences.some(({ verdict, absolute }) => verdict === 'cannot be told' || (verdict === 'no difference shown' && 'low' in absolute));
  return isOpen || (differences.length === 0 && selection?.undecided !== undefined);
}
