/**
 * The table of commands: what each is called, takes and does. Help, completion and the parser are made from it; what a command does
 * is loaded only when it is asked for.
 */

export interface Flag {
  /** As commander reads it, e.g. `-o, --output <format>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; values are gathered. */
  readonly isRepeatable?: boolean;
  /** Values offered by completion, and the only ones accepted. */
  readonly choices?: readonly string[];
  /** For completion: the value is a file or folder. */
  readonly isFile?: boolean;
}

/** Flags by their long name in lower camel case; repeatable ones are lists. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** @returns the exit code */
export type Action = (operands: readonly string[], flags: FlagValues) => Promise<number>;

export interface Command {
  readonly name: string;
  readonly description: string;
  /** e.g. `[file...]`; empty = takes none. */
  readonly operands: string;
  readonly flags: readonly Flag[];
  load(): Promise<Action>;
}

const FILE: Flag = {
  flags: '-f, --filename <path>',
  description: 'scenario or manifests: file, folder, or - for standard input',
  isRepeatable: true,
  isFile: true,
};
const RECURSIVE: Flag = { flags: '-R, --recursive', description: 'read folders with all that is below them' };
const SET: Flag = { flags: '--set <path=value>', description: 'set a value of the scenario, e.g. run.duration=5m', isRepeatable: true };
const NO_COLOR: Flag = { flags: '--no-color', description: 'no colours (also by NO_COLOR)' };
const KUBE_PROXY: Flag = { flags: '--kube-proxy <mode>', description: 'iptables, nftables, ipvs[:SCHEDULER], cilium[:random|maglev] or userspace' };

/** For `run` and `validate` without a scenario document. */
const QUICK: readonly Flag[] = [
  { flags: '--to <url>', description: 'without a scenario: where requests go, e.g. http://web.default.svc.cluster.local/' },
  { flags: '--rate <rate>', description: 'without a scenario: requests of all clients together, e.g. 100/s' },
  { flags: '--duration <time>', description: 'without a scenario: simulated time, e.g. 2m' },
  { flags: '--from <place>', description: 'without a scenario: where clients are, e.g. external or deployment/web' },
  { flags: '--clients <count>', description: 'without a scenario: number of clients' },
  { flags: '--connections <count>', description: 'without a scenario: connections of a client' },
  { flags: '--keepalive <on|off>', description: 'without a scenario: off opens a connection for each request' },
  { flags: '--service <law>', description: 'without a scenario: service time, e.g. exponential:mean=10ms' },
  { flags: '--concurrency <count>', description: 'without a scenario: requests a pod serves at once' },
];

/** As in `logs/formats.ts`, which help and completion need not load. */
const LOG_FORMATS = ['ingress-nginx', 'combined', 'envoy', 'haproxy', 'k6', 'json', 'csv', 'prometheus'] as const;

export const OUTPUTS = ['table', 'wide', 'json', 'yaml'] as const;
/** Forms of a result for programs, one table at a time but for openmetrics. */
export const DATA_OUTPUTS = ['csv', 'parquet', 'openmetrics'] as const;
const RESULT_OUTPUTS = [...OUTPUTS, ...DATA_OUTPUTS] as const;
const RESULT_OUTPUT: Flag = {
  flags: '-o, --output <format>',
  description: `form of the result: ${RESULT_OUTPUTS.join(', ')}`,
  choices: RESULT_OUTPUTS,
};
const TABLE: Flag = { flags: '--table <name>', description: 'which table as csv or parquet: figures, pods or series', choices: ['figures', 'pods', 'series'] };
const OUTPUT: Flag = { flags: '-o, --output <format>', description: `form of the result: ${OUTPUTS.join(', ')}`, choices: OUTPUTS };

/** For commands that make a result. */
const DELIVERY: readonly Flag[] = [
  { flags: '--report <file.html>', description: 'write a page of charts', isFile: true },
  { flags: '--series <step>', description: 'time series in the result, e.g. 10s' },
  { flags: '--no-fail', description: 'exit 0 although a threshold failed' },
];

const COMPARISON_OUTPUTS = [...OUTPUTS, 'csv', 'markdown'] as const;

export const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    description: 'simulate a scenario, all cells and replications',
    operands: '[file...]',
    flags: [
      FILE,
      RECURSIVE,
      RESULT_OUTPUT,
      TABLE,
      { flags: '--seed <text>', description: 'seed of all chance' },
      { flags: '--replications <count>', description: 'independent replications of each cell' },
      { flags: '--stop-when <figure=share>', description: "replications until this is as precise, e.g. 'request_duration:p(99)=2%'" },
      { flags: '-j, --workers <count>', description: 'worker threads (default: all cores)' },
      SET,
      { flags: '--vary <path=v1,v2>', description: 'one cell for each value; steps as 2..10, 2..10..2 or 100/s..500/s..100/s', isRepeatable: true },
      { flags: '--out <folder>', description: 'keep results and replications here', isFile: true },
      { flags: '--resume', description: 'take finished replications from --out' },
      { flags: '--shard <i/n>', description: 'only this part of the replications, into --out; merge makes the result' },
      { flags: '--replay <cell=0,rep=3>', description: 'repeat one replication exactly, and compare it with the one in --out' },
      ...DELIVERY,
      { flags: '--quiet', description: 'no summary and no progress' },
      NO_COLOR,
      KUBE_PROXY,
      ...QUICK,
    ],
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'plan',
    description: 'find the smallest or largest value of one knob that holds the thresholds',
    operands: '[file...]',
    flags: [
      FILE,
      RECURSIVE,
      { flags: '--smallest <path=a..b>', description: 'the least value that holds, e.g. deployment/web.spec.replicas=1..40' },
      { flags: '--largest <path=a..b>', description: 'the greatest one, e.g. clients[0].arrivals.rate=100/s..2000/s' },
      { flags: '--step <step>', description: 'between values of the range (default: 1, or a round step)' },
      { flags: '--vary <path=v1,v2>', description: 'variants that all have to hold', isRepeatable: true },
      { flags: '--budget <count>', description: 'most replications of one value and variant (default: 100)' },
      { flags: '--alpha <share>', description: 'probability that any verdict is wrong (default: 5%)' },
      { flags: '--sensitivity', description: 'the answer again with one assumption changed at a time' },
      {
        flags: '-o, --output <format>',
        description: 'form of the result: table, json, yaml, csv (the curve)',
        choices: ['table', 'json', 'yaml', 'csv'],
      },
      { flags: '--report <file.html>', description: 'write a page with the capacity curve', isFile: true },
      { flags: '--seed <text>', description: 'seed of all chance' },
      { flags: '-j, --workers <count>', description: 'worker threads (default: all cores)' },
      SET,
      { flags: '--out <folder>', description: 'keep the result and replications here', isFile: true },
      { flags: '--resume', description: 'take finished replications from --out' },
      { flags: '--quiet', description: 'no progress' },
      NO_COLOR,
      KUBE_PROXY,
      ...QUICK,
    ],
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'compare',
    description: 'cells, named strategies or stored results side by side, paired',
    operands: '[file...|result...]',
    flags: [
      FILE,
      RECURSIVE,
      {
        flags: '-o, --output <format>',
        description: `form of the comparison: ${COMPARISON_OUTPUTS.join(', ')}`,
        choices: COMPARISON_OUTPUTS,
      },
      { flags: '--strategies <names>', description: 'one cell for each: l4, l7, all, or names such as iptables,ipvs:rr,ideal:power_of_choices,as-written' },
      { flags: '--vary <path=v1,v2>', description: 'one cell for each value', isRepeatable: true },
      { flags: '--baseline <cell>', description: 'what the others are compared with: id, label or axis=value (default: the first)' },
      { flags: '--metric <figure>', description: "what to compare, e.g. 'request_duration:p(99)' (default: what one looks at first)", isRepeatable: true },
      { flags: '--alpha <share>', description: 'what the intervals of all differences may miss together (default: 5%)' },
      { flags: '--best', description: 'find the best cell by elimination, with as many replications as that takes' },
      { flags: '--indifference <share|value>', description: 'for the best: a lead that does not matter (default: 2% of the best)' },
      { flags: '--price-node-hour <price>', description: 'price of a node for an hour: cost becomes a metric' },
      { flags: '--price-cross-zone-gib <price>', description: 'price of a GiB between zones: cost becomes a metric' },
      { flags: '--on-inconclusive <pass|fail>', description: 'fail: exit 3 when a difference is not shown or the best undecided', choices: ['pass', 'fail'] },
      { flags: '--seed <text>', description: 'seed of all chance' },
      { flags: '--replications <count>', description: 'independent replications of each cell; with --best the most (default: 1000)' },
      { flags: '-j, --workers <count>', description: 'worker threads (default: all cores)' },
      SET,
      { flags: '--out <folder>', description: 'keep results and replications here', isFile: true },
      { flags: '--resume', description: 'take finished replications from --out' },
      { flags: '--report <file.html>', description: 'write a page of charts', isFile: true },
      { flags: '--quiet', description: 'no summary and no progress' },
      NO_COLOR,
      KUBE_PROXY,
      ...QUICK,
    ],
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  {
    name: 'check',
    description: 'gate a pipeline: thresholds, and regression against a stored baseline',
    operands: '[file...]',
    flags: [
      FILE,
      RECURSIVE,
      { flags: '--baseline <path>', description: 'file to compare with, or folder with one for each scenario', isFile: true },
      { flags: '--update-baseline', description: 'write --baseline instead of comparing with it' },
      {
        flags: '--max-increase <share>',
        description: 'allowed worsening, of all metrics or one, e.g. 5% or p99=5% (default: 0%)',
        isRepeatable: true,
      },
      {
        flags: '--on-inconclusive <what>',
        description: 'when the data cannot tell: pass, fail, or exit 3 (default)',
        choices: ['pass', 'fail', '3'],
      },
      {
        flags: '-o, --output <format>',
        description: 'form of the result: table, json, yaml, junit, markdown, github',
        choices: ['table', 'json', 'yaml', 'junit', 'markdown', 'github'],
      },
      { flags: '--export <form=file>', description: 'a further form into a file, e.g. junit=check.xml', isRepeatable: true },
      { flags: '--report <file.html>', description: 'write a page: before, after, why', isFile: true },
      { flags: '--seed <text>', description: 'seed of all chance' },
      { flags: '--replications <count>', description: 'independent replications of each cell' },
      { flags: '-j, --workers <count>', description: 'worker threads (default: all cores)' },
      SET,
      { flags: '--vary <path=v1,v2>', description: 'one cell for each value', isRepeatable: true },
      { flags: '--out <folder>', description: 'keep replications here', isFile: true },
      { flags: '--resume', description: 'take finished replications from --out' },
      { flags: '--quiet', description: 'no summary' },
      NO_COLOR,
      KUBE_PROXY,
      ...QUICK,
    ],
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'validate',
    description: 'show what will be built and simulated, and what is not modelled; simulate nothing',
    operands: '[file...]',
    flags: [FILE, RECURSIVE, OUTPUT, SET, NO_COLOR, KUBE_PROXY, ...QUICK],
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    name: 'trace',
    description: 'show where one request goes and why, hop by hop',
    operands: '[file|url...]',
    flags: [
      FILE,
      RECURSIVE,
      { flags: '-o, --output <format>', description: 'form of the answer: table, json or yaml', choices: ['table', 'json', 'yaml'] },
      { flags: '--to <url>', description: "where the request goes (default: the target of the scenario's first client)" },
      { flags: '--from <place>', description: 'who sends it: external, vpc, node/NAME, deployment/NAME (default: by the URL)' },
      { flags: '--method <name>', description: 'HTTP method (default: GET)' },
      { flags: '--path <path>', description: "path and query, instead of the URL's" },
      { flags: '-H, --header <line>', description: "HTTP header, e.g. 'Host: shop.example'", isRepeatable: true },
      { flags: '--seed <text>', description: 'seed of all chance' },
      {
        flags: '--requests <file>',
        description: 'many requests, one JSON object a line (url, method, headers, from, seed), or - for standard input; each meets the cluster untouched',
        isFile: true,
      },
      { flags: '--table', description: 'the whole table of each balancer on the way' },
      { flags: '--without <pod>', description: 'the tables without a pod, and what that moves' },
      SET,
      NO_COLOR,
      KUBE_PROXY,
    ],
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  {
    name: 'merge',
    description: 'make one result of the folders of shards',
    operands: '<folder...>',
    flags: [
      RESULT_OUTPUT,
      TABLE,
      { flags: '--out <folder>', description: 'keep the whole here: results and all replications', isFile: true },
      ...DELIVERY,
      { flags: '--quiet', description: 'say nothing beside the result' },
      NO_COLOR,
    ],
    load: async () => (await import('./commands/merge.ts')).merge,
  },
  {
    name: 'fit',
    description: 'turn logs, CSV, k6 output or Prometheus buckets into arrivals and a service law for a scenario',
    operands: '[file...]',
    flags: [
      { flags: '--format <name>', description: 'format of the files (default: recognised)', choices: LOG_FORMATS },
      { flags: '-o, --output <format>', description: 'form of the result: yaml to paste (default), json or table', choices: ['yaml', 'json', 'table'] },
      { flags: '--to <url>', description: 'target of the clients in the YAML' },
      { flags: '--client <name>', description: 'name of the clients in the YAML' },
      { flags: '--workload <name>', description: 'workload of the YAML, e.g. deployment/web' },
      { flags: '--field <field=name:unit>', description: 'field of csv or json, e.g. duration=latency:ms or time=ts', isRepeatable: true },
      { flags: '--metric <name>', description: 'histogram to take from Prometheus buckets' },
      { flags: '--law <name>', description: 'take this law, e.g. lognormal or empirical (default: the one that fits best)' },
      { flags: '--trace <file.csv>', description: 'write every request for `trace:` to replay', isFile: true },
      { flags: '--empirical <file.csv>', description: 'write the durations as a law, used when no other fits', isFile: true },
      NO_COLOR,
    ],
    load: async () => (await import('./commands/fit.ts')).fit,
  },
  {
    name: 'report',
    description: 'show a stored result again: a page, charts, or tables',
    operands: '<path>',
    flags: [
      {
        flags: '-o, --output <format>',
        description: 'html, svg, png, table, wide, json, yaml, csv, parquet or openmetrics',
        choices: ['html', 'svg', 'png', ...RESULT_OUTPUTS],
      },
      TABLE,
      { flags: '--out <path>', description: 'file, or folder for all charts; pages, tables and single charts go to standard output without it', isFile: true },
      { flags: '--cell <id>', description: 'cell of a sweep to show (default: the first that fails a threshold, else the first)' },
      { flags: '--chart <name>', description: 'one chart instead of all, as svg or png, e.g. load-per-pod' },
      { flags: '--subject <name>', description: 'which of several drawings of that chart, e.g. default/checkout' },
      NO_COLOR,
    ],
    load: async () => (await import('./commands/report.ts')).report,
  },
  {
    name: 'schema',
    description: 'print the JSON Schema of scenario, result or comparison documents',
    operands: '[scenario|result|comparison]',
    flags: [],
    load: async () => (await import('./commands/schema.ts')).schema,
  },
  {
    name: 'init',
    description: 'write a commented scenario to start from',
    operands: '[manifests]',
    flags: [
      { flags: '--to <url>', description: 'where requests go, e.g. http://web.default.svc.cluster.local/' },
      { flags: '--out <file>', description: 'file to write (default: standard output)', isFile: true },
    ],
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'completion',
    description: 'print the completion script of a shell',
    operands: '<bash|zsh|fish>',
    flags: [],
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  { name: 'version', description: 'print the version', operands: '', flags: [], load: async () => (await import('./commands/version.ts')).version },
];

/** Words of the contract that this version refuses by name, so that nobody takes silence for an answer. */
export const NOT_BUILT = {
  verbs: ['serve', 'worker'],
  outputs: ['markdown', 'junit'],
} as const;
