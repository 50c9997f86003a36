/**
 * What a result document holds, as JSON Schema (draft-07): `evenkeel schema result`.
 *
 * Every key that a result has is named here (a test holds real results against it, strictly); readers should let unknown ones pass, as
 * later versions add some.
 */
import { PERCENTILES } from './duration-figures.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const NUMBER: Schema = { type: 'number' };
export const COUNT: Schema = { type: 'number', minimum: 0 };
export const TEXT: Schema = { type: 'string' };
export const BOOLEAN: Schema = { type: 'boolean' };
export const ESTIMATE: Schema = { $ref: '#/definitions/estimate' };
const DURATION: Schema = { $ref: '#/definitions/duration' };
const RATE: Schema = { $ref: '#/definitions/rate' };

/** That every duration has. */
const FIGURES = ['mean', 'sd', 'max', 'positive', ...PERCENTILES.map((percentile) => `p${percentile}`)];

export function object(properties: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}, description?: string): Schema {
  return { type: 'object', ...(description !== undefined && { description }), required: Object.keys(properties), properties: { ...properties, ...optional } };
}

export function list(items: Schema, description?: string): Schema {
  return { type: 'array', items, ...(description !== undefined && { description }) };
}

export function byName(values: Schema, description?: string): Schema {
  return { type: 'object', additionalProperties: values, ...(description !== undefined && { description }) };
}

export function described(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

const COUNTS = byName(COUNT);
const LEVEL = object({ begun: COUNT, byOutcome: COUNTS, inFlight: COUNT });
const PARTS = Object.fromEntries(
  ['client_wait', 'connect_duration', 'network', 'queue_wait', 'service_duration', 'call_duration'].map((part) => [part, DURATION]),
);
const SERIES = list({ type: ['number', 'null'] });

export const DEFINITIONS: Readonly<Record<string, Schema>> = {
  estimate: {
    description: 'A figure over replications: with its 95 % interval, or with the reason why there is none. Seconds, shares or plain numbers.',
    oneOf: [
      { type: 'object', required: ['value', 'low', 'high'], properties: { value: NUMBER, low: NUMBER, high: NUMBER }, additionalProperties: false },
      {
        type: 'object',
        required: ['value', 'noInterval'],
        properties: {
          value: { oneOf: [NUMBER, { const: 'inf' }, { type: 'null' }], description: 'inf: beyond every finite one; null: nothing seen.' },
          noInterval: TEXT,
        },
        additionalProperties: false,
      },
    ],
  },
  duration: {
    type: 'object',
    description: 'Seconds; positive is the share of observations above zero. Percentiles as p50, p99.9.',
    required: FIGURES,
    properties: Object.fromEntries(FIGURES.map((figure) => [figure, ESTIMATE])),
    patternProperties: { '^p[0-9.]+$': ESTIMATE },
    additionalProperties: false,
  },
  rate: object({ rate: ESTIMATE }),
};

const STICKINESS = object({ samePod: ESTIMATE, chance: described(ESTIMATE, 'Σ share²: what indifference would give.'), podsPerKey: ESTIMATE, breaks: COUNTS });

const POD = object({
  node: TEXT,
  workload: TEXT,
  connections: described(ESTIMATE, 'Opened in the window.'),
  openConnections: described(ESTIMATE, 'Open at its end.'),
  requests: described(ESTIMATE, 'Attempts that reached it.'),
  share: ESTIMATE,
  utilization: described(ESTIMATE, 'Busy slot time ÷ ready slot time.'),
  peakInFlight: ESTIMATE,
  inSystem: described(object({ mean: ESTIMATE, sd: ESTIMATE }), 'Requests in the pod over time.'),
  pod_duration: DURATION,
});

const SERVICE = object({
  request_duration: DURATION,
  queue_wait: DURATION,
  load: object({
    jain: ESTIMATE,
    maxOverMean: ESTIMATE,
    cov: ESTIMATE,
    busiestShare: ESTIMATE,
    idlePods: ESTIMATE,
    byRank: list(ESTIMATE, 'Share of the busiest pod, the second, … of each replication, averaged.'),
  }),
  utilization: object({ mean: ESTIMATE, max: ESTIMATE }),
  occupancy: list(NUMBER, 'Share of time that a pod has at least i in the system, i = 0 … 20.'),
  unanswered: COUNTS,
  traffic: described(
    object({ clientAddressKept: ESTIMATE, secondHop: ESTIMATE, crossZone: ESTIMATE, crossZoneBytes: ESTIMATE }),
    'Shares of the attempts sent; bytes.',
  ),
  hints: { type: ['string', 'null'], description: 'What came of its topology hints; null without.' },
  stickiness: object({ byConnection: STICKINESS, byRequest: STICKINESS }),
  pods: byName(POD),
  map: described(object({ groups: list(TEXT), pods: list(TEXT), requests: list(list(NUMBER)) }), 'Mean requests per replication by client group and pod.'),
});

const CLIENT = object(
  {
    requests: object({ offered: COUNT, failed: COUNT, inFlight: COUNT, byOutcome: COUNTS }),
    request_duration: DURATION,
    'request_duration{outcome=ok}': DURATION,
    request_failed: RATE,
    ...PARTS,
  },
  { distribution: list(object({ p: NUMBER, value: { type: ['number', 'null'] } })) },
);

const CELL = object(
  {
    id: COUNT,
    axes: byName({ type: ['string', 'number', 'boolean'] }),
    replications: COUNT,
    window: described(object({ from: NUMBER, to: NUMBER, gracefulStop: NUMBER }), 'Measured, in simulated seconds.'),
    warmup: object({ method: TEXT, cut: NUMBER }),
    offeredLoad: list(
      object({
        workload: TEXT,
        rate: NUMBER,
        meanService: NUMBER,
        slots: NUMBER,
        pods: NUMBER,
        load: NUMBER,
        heldLoad: NUMBER,
        capacity: { oneOf: [NUMBER, { const: 'inf' }] },
        isProxy: BOOLEAN,
        unbounded: BOOLEAN,
      }),
    ),
    saturated: list(TEXT, 'Workloads offered at least what they can serve.'),
    requests: object({ offered: COUNT, completed: COUNT, failed: COUNT, inFlight: COUNT, byOutcome: COUNTS }, {}, 'Client requests, summed over replications.'),
    attempts: LEVEL,
    calls: LEVEL,
    connections: object({ opened: COUNT, open: COUNT, closed: COUNTS, refused: COUNT, timedOut: COUNT, brokenBy: COUNTS }),
    metrics: object({ request_duration: DURATION, 'request_duration{outcome=ok}': DURATION, request_failed: RATE, ...PARTS }),
    clients: byName(CLIENT),
    services: byName(SERVICE),
    nodeCount: COUNT,
    nodes: byName(
      object({
        conntrack: object({ limit: COUNT, peak: ESTIMATE, dropped: ESTIMATE, evicted: ESTIMATE, byState: COUNTS }),
        snat: object({ limit: COUNT, peak: ESTIMATE, dropped: ESTIMATE }),
      }),
    ),
    thresholds: list(
      object(
        {
          metric: TEXT,
          expr: TEXT,
          ok: BOOLEAN,
          conclusive: described(BOOLEAN, 'The interval does not straddle the limit.'),
          heldIn: described(TEXT, 'Replications in which it held by itself, n/N.'),
          value: { oneOf: [NUMBER, { const: 'inf' }, { type: 'null' }] },
        },
        { noInterval: described(TEXT, 'Where the data cannot tell for want of an interval: why there is none.'), note: TEXT },
      ),
    ),
    checks: list(object({ name: TEXT, ok: BOOLEAN, residual: NUMBER }), 'Identities that hold in every replication.'),
    theory: list(object({ workload: TEXT, model: TEXT, metric: TEXT, theory: NUMBER, simulated: ESTIMATE, why: TEXT })),
  },
  {
    stopWhen: object({
      relative: NUMBER,
      max: COUNT,
      met: BOOLEAN,
      figures: list(object({ metric: TEXT, statistic: TEXT, met: BOOLEAN, reached: { type: ['number', 'null'] } }, { noInterval: TEXT })),
    }),
    series: object({
      step: NUMBER,
      from: NUMBER,
      to: NUMBER,
      offered: SERIES,
      failed: SERIES,
      p50: SERIES,
      p99: SERIES,
      pods: byName(SERIES),
      workloads: byName(object({ replicas: SERIES })),
      events: list(object({ at: NUMBER, label: TEXT })),
    }),
  },
);

export function resultJsonSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'evenkeel Result',
    description: 'What a study found: results.json, and -o json. Seconds; nothing depends on the machine or the time of day.',
    ...object({
      apiVersion: { const: 'evenkeel.dev/v1alpha1' },
      kind: { const: 'Result' },
      scenario: object({ name: TEXT, description: TEXT, hash: TEXT, seed: TEXT, engine: TEXT }),
      assumptions: list(object({ path: TEXT, value: TEXT, why: TEXT }), 'Values that nobody wrote and that can move the result.'),
      notModelled: object({ couldMatter: list(object({ where: TEXT, what: TEXT })), noEffect: object({ count: COUNT }) }),
      cells: { ...list(CELL), minItems: 1 },
    }),
    definitions: DEFINITIONS,
  };
}
