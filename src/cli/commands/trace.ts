/** `evenkeel trace`: one request, hop by hop; or many, one JSON object a line. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Issue, printable, ScenarioError } from '../../errors.ts';
import { stableJson } from '../../experiments/stable-json.ts';
import {
  type RequestDefaults,
  RequestLines,
  readHeaders,
  readMethod,
  type TraceAnswer,
  type TraceRequest,
  Tracer,
  type WalkOptions,
} from '../../explain/index.ts';
import { type ClientSpec, loadStudy, ProbeReader, type Study } from '../../scenario/index.ts';
import type { FlagValues } from '../commands.ts';
import { DONE, WRONG_INPUT } from '../exit-codes.ts';
import { listFlag, textFlag } from '../flags.ts';
import { printTrace } from '../print-trace.ts';
import { openTerminal, writeError, writeOut } from '../terminal.ts';
import { NO_TRAFFIC } from './load.ts';

export async function trace(operands: readonly string[], flags: FlagValues): Promise<number> {
  const { url, files } = readOperands(operands, flags);
  const study = await loadStudy({
    files,
    recursive: flags.recursive === true,
    sets: listFlag(flags, 'set'),
    fallback: NO_TRAFFIC,
    ...(textFlag(flags, 'kubeProxy') !== undefined && { kubeProxy: textFlag(flags, 'kubeProxy') }),
  });
  const { scenario } = study.cells[0];
  if (study.cells.length > 1) writeError(`evenkeel: the scenario has ${study.cells.length} cells; traced in the first: ${cellText(study)}\n`);
  const options = { hasTables: flags.table === true || textFlag(flags, 'without') !== undefined, without: textFlag(flags, 'without') ?? '' };
  const defaults = readDefaults(url, flags, textFlag(flags, 'seed') ?? study.seed);
  const requests = textFlag(flags, 'requests');
  if (requests !== undefined) return traceMany(requests, new Tracer(scenario, study.seed), new RequestLines(new ProbeReader(scenario), defaults), options);
  const request = oneRequest(study, defaults, flags);
  const answer = new Tracer(scenario, study.seed).trace(request, options);
  if (options.without !== '' && !answer.tables?.some((table) => table.without !== undefined)) throw new ScenarioError([unknownPod(answer, options.without)]);
  await writeOut(await formatAnswer(answer, request, study, flags));
  return DONE;
}

/** Operands are files, except for the URL. */
function readOperands(operands: readonly string[], flags: FlagValues): { url: string | undefined; files: readonly string[] } {
  const isUrl = (operand: string) => operand.includes('://');
  const urls = [...operands.filter(isUrl), ...(textFlag(flags, 'to') === undefined ? [] : [textFlag(flags, 'to') as string])];
  const files = [...operands.filter((operand) => !isUrl(operand)), ...listFlag(flags, 'filename')];
  const issues: Issue[] = [];
  if (urls.length > 1) issues.push({ where: '--to', problem: 'more than one URL', value: urls.join(' '), hint: 'many requests are lines of --requests FILE' });
  if (files.length === 0) issues.push({ where: '-f', problem: 'nothing to read', hint: 'name a scenario, or a folder of manifests with --to URL' });
  if (textFlag(flags, 'requests') === '-' && files.includes('-'))
    issues.push({ where: '--requests', problem: 'standard input is read for -f already', value: '-' });
  if (textFlag(flags, 'requests') !== undefined && !['json', undefined].includes(textFlag(flags, 'output'))) {
    issues.push({ where: '-o', problem: 'not a form of the answers to --requests', value: textFlag(flags, 'output'), hint: 'they are JSON, one a line' });
  }
  if (issues.length > 0) throw new ScenarioError(issues);
  return { url: urls[0], files };
}

function readDefaults(url: string | undefined, flags: FlagValues, seed: string): RequestDefaults {
  const headers = listFlag(flags, 'header').map((text): readonly [string, string] => {
    const [, name, value] = /^([^:]*):(.*)$/.exec(text) ?? [];
    if (name === undefined) throw new ScenarioError([{ where: '-H', problem: 'not a header', value: text, hint: "e.g. 'Host: shop.example'" }]);
    return [name, value];
  });
  return {
    ...(url !== undefined && { url: withPath(url, textFlag(flags, 'path')) }),
    ...(textFlag(flags, 'from') !== undefined && { from: textFlag(flags, 'from') }),
    method: readMethod(textFlag(flags, 'method') ?? 'GET', '--method'),
    headers: readHeaders(headers, '-H'),
    seed,
  };
}

/** `--path` takes the place of the URL's path and query. */
function withPath(url: string, path: string | undefined): string {
  if (path === undefined) return url;
  if (!path.startsWith('/')) throw new ScenarioError([{ where: '--path', problem: 'does not begin with /', value: path }]);
  return url.replace(/^([^:]*:\/\/[^/?]*).*$/, (_, origin) => `${origin}${path}`);
}

/** What the flags say, or the scenario's first client. */
function oneRequest(study: Study, defaults: RequestDefaults, flags: FlagValues): TraceRequest {
  const { scenario } = study.cells[0];
  const [client] = scenario.clients;
  if (defaults.url !== undefined) {
    const { target, from } = new ProbeReader(scenario).read(defaults.url, defaults.from, { url: '--to', from: '--from' });
    return { target, from, method: defaults.method, path: target.path, headers: defaults.headers, seed: defaults.seed, client: null };
  }
  if (client.target.text === NO_TRAFFIC.to)
    throw new ScenarioError([{ where: '--to', problem: 'is missing', hint: 'e.g. --to http://checkout.default.svc.cluster.local/, or --requests FILE' }]);
  return clientRequest(client, study, defaults, flags);
}

function clientRequest(client: ClientSpec, { cells }: Study, defaults: RequestDefaults, flags: FlagValues): TraceRequest {
  const [first] = client.requests;
  const place =
    defaults.from === undefined ? null : new ProbeReader(cells[0].scenario).read(client.target.text, defaults.from, { url: '--to', from: '--from' }).from;
  return {
    target: client.target,
    from: place ?? client.from,
    method: textFlag(flags, 'method') ?? first.method,
    path: textFlag(flags, 'path') ?? first.path,
    headers: { ...first.headers, ...defaults.headers },
    seed: defaults.seed,
    client: place === null ? client.name : null,
  };
}

function cellText({ cells }: Study): string {
  return Object.entries(cells[0].axes)
    .map(([name, value]) => printable(`${name}=${value}`))
    .join(', ');
}

function unknownPod(answer: TraceAnswer, pod: string): Issue {
  const known = [...new Set(answer.tables?.flatMap((table) => table.rows.flatMap((row) => row.pod ?? [])))];
  return {
    where: '--without',
    problem: 'no such pod behind a balancer on the way',
    value: pod,
    hint: known.length === 0 ? 'there is none' : `there is ${known.slice(0, 8).join(', ')}`,
  };
}

async function formatAnswer(answer: TraceAnswer, request: TraceRequest, study: Study, flags: FlagValues): Promise<string> {
  const output = textFlag(flags, 'output') ?? 'table';
  if (output === 'json') return `${stableJson(answer, 2)}\n`;
  if (output === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(JSON.parse(stableJson(answer)), { aliasDuplicateObjects: false });
  }
  const terminal = await openTerminal({ color: flags.color !== false });
  return terminal.text(
    printTrace(
      answer,
      { from: request.from, method: request.method, seed: request.seed, isPlaneAssumed: study.cells[0].scenario.cluster.kubeProxy.assumed },
      terminal,
    ),
  );
}

// --- many ------------------------------------------------------------------------------------------------------------------------

/** Answers in the order of the lines, each as soon as its line is read; a broken line gets an error in its place. */
async function traceMany(file: string, tracer: Tracer, lines: RequestLines, options: WalkOptions): Promise<number> {
  const name = file === '-' ? '-' : file;
  let number = 0;
  let broken = 0;
  for await (const text of createInterface({ input: await openLines(file), crlfDelay: Infinity })) {
    number++;
    if (text.trim() === '') continue;
    const request = lines.read(text, `${name}:${number}`);
    if ('problem' in request) broken++;
    await writeOut(`${stableJson('problem' in request ? { line: number, error: request.problem } : tracer.trace(request, options))}\n`);
  }
  if (broken > 0) writeError(`evenkeel: ${broken} of ${number} lines of ${printable(name)} could not be read; the answer to each says why\n`);
  return broken > 0 ? WRONG_INPUT : DONE;
}

async function openLines(file: string): Promise<NodeJS.ReadableStream> {
  if (file === '-') return process.stdin;
  const problem = await stat(file).then(
    (found) => (found.isDirectory() ? 'is a folder' : null),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'no such file' : `cannot be read: ${error.code}`),
  );
  if (problem !== null) throw new ScenarioError([{ where: '--requests', problem, value: file }]);
  return createReadStream(file, 'utf8');
}
