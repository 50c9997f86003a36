/**
 * What a scenario document may say: one schema for editors (JSON Schema draft-07, `schema/scenario.schema.json`), for the check at
 * run time (ajv) and for the types of the reader (TypeBox).
 *
 * Keys are strict. There is no `anyOf`: a value that may have two forms has a list of types, and keywords that apply to one of them,
 * so that every error names one thing. What a schema cannot say (sums, references, laws) is checked where it is used.
 *
 * Programs read the file, not this: TypeBox takes 0.1 s to load. `node dist/scenario/write-schema.js` writes it anew; a test compares.
 */
import Type, { type Static } from 'typebox';
import { MAGLEV_SIZES, type Overhead, SCHEDULERS, type SchedulerName } from '../balancers/index.ts';
import { DURATION_PATTERN, RATE_PATTERN, SHARE_PATTERN, SIZE_PATTERN } from '../units.ts';
import { API_VERSION, LAW_NAMES } from './names.ts';
import type { KubeProxyMode } from './scenario.ts';

// ---- leaves: the title is what an error calls the value ----

const Duration = Type.Unsafe<string>({ type: 'string', title: 'duration', pattern: DURATION_PATTERN, examples: ['50us', '12ms', '2s', '5m'] });
const Rate = Type.Unsafe<string>({ type: 'string', title: 'rate', pattern: RATE_PATTERN, examples: ['200/s', '30/m', '2k/s'] });
const Size = Type.Unsafe<string | number>({ type: ['string', 'integer'], title: 'size', pattern: SIZE_PATTERN, maximum: 0, minimum: 0, examples: ['8KiB'] });
const Share = Type.Unsafe<string>({ type: 'string', title: 'share', pattern: SHARE_PATTERN, examples: ['5%'] });
const Switch = Type.Unsafe<'on' | 'off' | boolean>({ type: ['string', 'boolean'], title: 'switch', enum: ['on', 'off', true, false] });
const Text = Type.String({ maxLength: 10_000 });
const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Skew = Type.Number({ minimum: 0, maximum: 10, description: 'Zipf exponent; 0 = all equal.' });
const count = (minimum: number, maximum: number, description?: string) => Type.Integer({ minimum, maximum, ...(description !== undefined && { description }) });
const oneOf = <const T extends readonly string[]>(...values: T) => Type.Unsafe<T[number]>({ type: 'string', enum: [...values] });

/** Keys are checked: whatever is not listed is an issue. */
function strict<T extends Parameters<typeof Type.Object>[0]>(properties: T, description?: string) {
  return Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
}

/** A law as written: a constant, or an object with `law`. */
export type LawInput = string | LawObject;
export interface LawObject {
  readonly law: (typeof LAW_NAMES)[number];
  readonly value?: string;
  readonly mean?: string;
  readonly p50?: string;
  readonly p99?: string;
  readonly cv?: number;
  readonly k?: number;
  readonly p?: number;
  readonly mean1?: string;
  readonly mean2?: string;
  readonly shape?: number;
  readonly ratio?: number;
  readonly min?: string;
  readonly max?: string;
  readonly fast?: LawInput;
  readonly slow?: LawInput;
  readonly file?: string;
  readonly column?: string;
}

const LawRef = Type.Unsafe<LawInput>({ $ref: '#/definitions/law' });
const LAW = {
  type: ['string', 'object'],
  title: 'law',
  description: 'A constant such as 12ms, or { law: NAME, … }.',
  pattern: DURATION_PATTERN,
  required: ['law'],
  additionalProperties: false,
  properties: {
    law: oneOf(...LAW_NAMES),
    value: Duration,
    mean: Duration,
    p50: Duration,
    p99: Duration,
    cv: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
    k: count(1, 1000),
    p: Probability,
    mean1: Duration,
    mean2: Duration,
    shape: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
    ratio: Type.Number({ exclusiveMinimum: 1, maximum: 1e12 }),
    min: Duration,
    max: Duration,
    fast: LawRef,
    slow: LawRef,
    file: Text,
    column: Text,
  },
};

// ---- sections ----

const InlineManifests = { type: ['string', 'object'], title: 'path', properties: { inline: Type.String() }, required: ['inline'], additionalProperties: false };

const Run = strict({
  duration: Duration,
  warmup: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      title: 'warm-up',
      pattern: `^mser5$|${DURATION_PATTERN}`,
      description: 'Time that is simulated and not measured; mser5 finds it by pilot replications, for runs whose traffic and cluster do not change.',
    }),
  ),
  seed: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'number'], description: 'Text; numbers are read as text.' })),
  replications: Type.Optional(count(1, 10_000)),
  stopWhen: Type.Optional(
    strict(
      {
        metrics: Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: 100 }), {
          minProperties: 1,
          description: 'What has to be precise: a metric as in thresholds, and its statistics, e.g. { "request_duration{client=web}": ["p(99)"] }.',
        }),
        relative: Type.Unsafe<string>({
          type: 'string',
          title: 'share',
          pattern: SHARE_PATTERN,
          description: 'Largest relative error at 95 %, e.g. 2%.',
        }),
        max: Type.Optional(count(10, 10_000, 'Most replications; 200.')),
      },
      'Replications go on until all figures are as precise as wanted; decided after 10, 15, 22, 33, … of them. Instead of replications.',
    ),
  ),
  gracefulStop: Type.Optional(Duration),
  percentiles: Type.Optional(
    Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100 }), { maxItems: 100, description: 'Further percentiles, in percent.' }),
  ),
  maxInFlight: Type.Optional(count(1, 100_000_000, 'Requests and calls in flight in one replication before it stops with a message.')),
});

export interface NodeGroupInput {
  readonly count?: number;
  readonly zones?: readonly string[];
  readonly cpu?: number | string;
  readonly public?: boolean;
  readonly from?: string;
}
export interface NodeInput {
  readonly name: string;
  readonly zone?: string;
  readonly cpu?: number | string;
  readonly public?: boolean;
  readonly count?: number;
  readonly labels?: Readonly<Record<string, string>>;
}
const Cpu = { type: ['number', 'string'], title: 'cpu', exclusiveMinimum: 0, maximum: 100_000 };
const NodeName = { type: 'string', title: 'node name', pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' };
const Nodes = Type.Unsafe<NodeGroupInput | readonly NodeInput[]>({
  type: ['object', 'array'],
  title: 'nodes',
  description: '{ count, zones, cpu, public }, { from: nodes.json }, or a list of { name, zone, cpu, public, count }.',
  additionalProperties: false,
  properties: {
    count: count(1, 10_000),
    zones: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), { minItems: 1, maxItems: 1000 }),
    cpu: Cpu,
    public: Type.Boolean(),
    from: Text,
  },
  minItems: 1,
  maxItems: 10_000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: NodeName,
      zone: Type.String({ minLength: 1, maxLength: 63 }),
      cpu: Cpu,
      public: Type.Boolean(),
      count: count(1, 10_000),
      labels: Type.Record(Type.String(), Type.String()),
    },
  },
});

const KubeProxy = strict({
  mode: Type.Unsafe<KubeProxyMode['mode']>({
    ...oneOf('iptables', 'nftables', 'ipvs', 'cilium', 'userspace'),
    description: 'What every node runs for Services. cilium stands in place of kube-proxy; userspace is history (Kubernetes ≤ 1.25).',
  }),
  scheduler: Type.Optional(Type.Unsafe<SchedulerName>({ ...oneOf(...SCHEDULERS), description: 'Of ipvs; rr by default. Each node schedules for itself.' })),
  overhead: Type.Optional(
    Type.Unsafe<Overhead>({
      ...oneOf('256a+i', '257a+i'),
      description: 'How the kernel of ipvs weighs active and inactive connections (lc, wlc, lblc, lblcr, twos): 257a+i since 6.12.117.',
    }),
  ),
  connReuseMode: Type.Optional(
    Type.Unsafe<0 | 1>({
      type: 'integer',
      enum: [0, 1],
      description:
        'Of ipvs: net.ipv4.vs.conn_reuse_mode. A SYN from a port whose last connection is in TIME_WAIT loses one second and is scheduled anew (1, kernels since 5.9) or goes to the old pod (0, which kube-proxy sets on kernels 4.1 to 5.8). Not written: ports are taken to be free again, which saves memory.',
    }),
  ),
  weight0Reschedule: Type.Optional(
    Type.Unsafe<'on' | 'off' | boolean>({
      ...Switch,
      description: 'Of ipvs, beside connReuseMode: such a SYN is scheduled anew when the old pod is leaving; on by default, off for kernels 4.1 to 5.8.',
    }),
  ),
  ipListTot: Type.Optional(count(1, 10_000, 'Of iptables: clients that ClientIP affinity remembers per endpoint (module parameter of xt_recent); 100.')),
  algorithm: Type.Optional(
    Type.Unsafe<'random' | 'maglev'>({
      ...oneOf('random', 'maglev'),
      description: 'Of cilium: how connections from outside are placed; random by default. Connections of pods are always placed at random.',
    }),
  ),
  tableSize: Type.Optional(
    Type.Unsafe<number>({ type: 'integer', enum: [...MAGLEV_SIZES], description: 'Of cilium: slots of the Maglev table (maglev.tableSize); 16381.' }),
  ),
  hashSeed: Type.Optional(
    Type.Unsafe<string>({
      type: 'string',
      title: 'hash seed',
      pattern: '^[A-Za-z0-9+/]{16}$',
      description: 'Of cilium: seed of the Maglev table (maglev.hashSeed), base64 of 12 bytes; JLfvgnHc2kaSUFaI.',
    }),
  ),
  forwarding: Type.Optional(
    Type.Unsafe<'snat' | 'dsr' | 'hybrid'>({
      ...oneOf('snat', 'dsr', 'hybrid'),
      description: 'Of cilium: whether pods on other nodes see the address of the node (snat, the default) or of the client (dsr; hybrid for TCP).',
    }),
  ),
  minSyncPeriod: Type.Optional(
    Type.Unsafe<string>({
      ...Duration,
      description: 'Shortest time between two syncs on a node, with a burst of two. Default: 1s with iptables and nftables, 0s otherwise.',
    }),
  ),
});
const described = <T extends object>(schema: T, description: string): T => ({ ...schema, description });

const LoadBalancer = strict(
  {
    kind: described(
      oneOf('flow-hash', 'nlb', 'gcp', 'azure', 'metallb-l2', 'metallb-bgp', 'servicelb'),
      'flow-hash: a hash of the flow chooses the node, nothing more is known of it. nlb: AWS Network Load Balancer. gcp: Google passthrough Network Load Balancer. azure: Azure Load Balancer (Standard). metallb-l2: one leader node for each address. metallb-bgp: a router with ECMP over the nodes. servicelb: k3s, the client chooses the node and its address is lost.',
    ),
    targets: Type.Optional(described(oneOf('instance', 'ip'), 'nlb: node ports (instance, the default), or pods (ip) without kube-proxy between.')),
    crossZone: Type.Optional(described(Switch, 'nlb: a zone of the balancer uses the targets of all zones; off by default.')),
    stickiness: Type.Optional(described(oneOf('none', 'source-ip'), 'nlb: all connections of a source address go to one target.')),
    preserveClientIp: Type.Optional(described(Switch, 'nlb: targets see the address of the client; on for instance, off for ip targets by default.')),
    hash: Type.Optional(
      described(
        oneOf('5-tuple', '3-tuple', '2-tuple', '1-tuple'),
        'gcp, azure, metallb-bgp: what of a flow is hashed; 5 with ports, 3 addresses and protocol, 2 addresses, 1 the source address.',
      ),
    ),
    weighted: Type.Optional(described(Switch, 'gcp: a node counts as often as it has ready endpoints (externalTrafficPolicy Local); off by default.')),
    resilient: Type.Optional(described(Switch, 'metallb-bgp: when a node goes only its flows move; off by default.')),
    idleTimeout: Type.Optional(
      described(Duration, 'A TCP flow without packets for so long is forgotten: nlb 350s (then RST), gcp 60s (then hashed anew), azure 4m (then silence).'),
    ),
    tcpReset: Type.Optional(described(Switch, 'azure: both ends get a RST at the idle time-out; off by default.')),
    healthCheck: Type.Optional(
      strict(
        {
          interval: Type.Optional(Duration),
          healthyThreshold: Type.Optional(count(1, 100, 'Good probes in a row that bring a target back.')),
          unhealthyThreshold: Type.Optional(count(1, 100, 'Failed probes in a row that take a target out.')),
        },
        'flow-hash, nlb, gcp, azure: of kube-proxy, with externalTrafficPolicy Local of the health-check node port. MetalLB and servicelb watch the cluster instead.',
      ),
    ),
  },
  'Who stands before the nodes for Services of type LoadBalancer.',
);

const Conntrack = strict(
  {
    max: Type.Optional(count(1, 1e9, 'Entries of the table of one node; otherwise the greater of maxPerCore × cores and min.')),
    maxPerCore: Type.Optional(count(1, 1e9, 'Default: 32768.')),
    min: Type.Optional(count(1, 1e9, 'Default: 131072.')),
    tcpEstablishedTimeout: Type.Optional(described(Duration, 'A quiet TCP connection is forgotten after this; default 24h (kube-proxy).')),
    udpTimeout: Type.Optional(described(Duration, 'Of a UDP flow without answers; default 30s.')),
    udpStreamTimeout: Type.Optional(described(Duration, 'Of a UDP flow with answers; default 120s.')),
    snatPorts: Type.Optional(count(1, 65535, 'Source ports of one node towards one pod, for connections that it masquerades; default 64512.')),
    udpCleanup: Type.Optional(
      described(
        oneOf('event', 'reconcile-skip-empty', 'reconcile-all'),
        'When kube-proxy flushes entries of UDP flows whose pod is gone. Default by version: event up to 1.31, then reconcile-skip-empty, reconcile-all from 1.37.',
      ),
    ),
  },
  'Connection tracking of each node, as kube-proxy sets it (KubeProxyConfiguration conntrack).',
);

const Dns = strict(
  {
    ttl: Type.Optional(described(Duration, 'Time to live of answers; default 30s (kubeadm; 5s without a word in the Corefile).')),
    cache: Type.Optional(
      described(Duration, 'How long CoreDNS keeps its own answers, at most their ttl; default 30s, 0s: it asks the API server watch each time.'),
    ),
    shuffle: Type.Optional(described(Switch, 'loadbalance: addresses of headless Services come in another order each time; on by default.')),
    lookup: Type.Optional(LawRef),
  },
  'Cluster DNS. What is said of headless Services may be as old as ttl and cache allow. lookup: how long one look-up takes (no time by default), part of connect_duration.',
);

const Cluster = strict({
  kubernetesVersion: Type.Optional(Type.Unsafe<string>({ type: 'string', title: 'Kubernetes version', pattern: '^1\\.[0-9]{1,2}$', examples: ['1.35'] })),
  nodes: Type.Optional(Nodes),
  kubeProxy: Type.Optional(KubeProxy),
  network: Type.Optional(
    strict({
      latency: Type.Optional(
        strict(
          { sameNode: Type.Optional(LawRef), sameZone: Type.Optional(LawRef), crossZone: Type.Optional(LawRef), external: Type.Optional(LawRef) },
          'One way.',
        ),
      ),
    }),
  ),
  loadBalancer: Type.Optional(LoadBalancer),
  conntrack: Type.Optional(Conntrack),
  dns: Type.Optional(Dns),
  ingress: Type.Optional(
    strict({
      class: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
      replicas: Type.Optional(count(1, 1000)),
      workers: Type.Optional(count(1, 256)),
    }),
  ),
  addressSeed: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
});

export interface CallInput {
  readonly target?: string;
  readonly probability?: number;
  readonly count?: number;
  readonly timeout?: string;
  readonly optional?: boolean;
  readonly parallel?: readonly CallInput[];
}
const CALL = { target: Text, probability: Probability, count: count(0, 10_000), timeout: Duration, optional: Type.Boolean() };
const Call = Type.Unsafe<CallInput>({
  type: 'object',
  title: 'call',
  additionalProperties: false,
  properties: {
    ...CALL,
    parallel: { type: 'array', minItems: 1, maxItems: 1000, items: { type: 'object', additionalProperties: false, required: ['target'], properties: CALL } },
  },
});

const FactorPerPod = Type.Unsafe<number | readonly number[]>({
  type: ['number', 'array'],
  exclusiveMinimum: 0,
  maximum: 1e6,
  minItems: 1,
  maxItems: 10_000,
  items: Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }),
  description: 'One for all pods, or a list with one a pod.',
});

export type ServiceInput = LawInput | { readonly byRoute: Readonly<Record<string, LawInput>> };
const Service = Type.Unsafe<ServiceInput>({
  ...LAW,
  title: 'law',
  description: 'A law, or { byRoute: { "/cart": LAW, default: LAW } }.',
  required: [],
  properties: { ...LAW.properties, byRoute: { type: 'object', minProperties: 1, maxProperties: 1000, additionalProperties: LawRef } },
});

const Workload = strict({
  concurrency: Type.Optional(count(1, 1_000_000, 'Slots of each pod.')),
  queue: Type.Optional(
    strict({
      limit: Type.Optional(Type.Unsafe<number | 'none'>({ type: ['integer', 'string'], title: 'queue limit', minimum: 0, maximum: 1e9, pattern: '^none$' })),
      discipline: Type.Optional(oneOf('fifo', 'lifo', 'ps')),
      onFull: Type.Optional(oneOf('reject')),
      timeout: Type.Optional(Duration),
      patience: Type.Optional(LawRef),
    }),
  ),
  service: Type.Optional(Service),
  speed: Type.Optional(FactorPerPod),
  weight: Type.Optional(
    Type.Unsafe<number | readonly number[]>({
      ...FactorPerPod,
      description: 'Endpoint weight, for planes that know one. kube-proxy and Cilium do not: EndpointSlices carry none. One for all pods, or one a pod.',
    }),
  ),
  server: Type.Optional(
    strict({
      protocol: Type.Optional(oneOf('http/1.1', 'http/2', 'grpc', 'tcp')),
      maxConnectionAge: Type.Optional(LawRef),
      jitter: Type.Optional(Share),
      maxConnectionAgeGrace: Type.Optional(Duration),
      keepAliveTimeout: Type.Optional(Duration),
      maxRequestsPerConnection: Type.Optional(count(0, 1e9)),
      cancel: Type.Optional(oneOf('never', 'onDisconnect')),
      sigterm: Type.Optional({
        ...oneOf('drain', 'exit', 'ignore'),
        description:
          'What the process does when it is told to end: drain (takes nothing new, finishes what it has, exits), exit (at once, whatever is in it is lost), ignore (serves on until it is killed at the end of its grace period, as a process without a handler does that is PID 1).',
      }),
    }),
  ),
  calls: Type.Optional(Type.Array(Call, { maxItems: 1000 })),
  holdWhileCalling: Type.Optional(Type.Boolean()),
});

export type PlaceInput = string | { readonly zones: Readonly<Record<string, string>> };
const From = Type.Unsafe<PlaceInput>({
  type: ['string', 'object'],
  title: 'place',
  description: 'external, vpc, nodes, deployment/NAME, node/NAME, or { zones: { a: 60%, b: 40% } }.',
  required: ['zones'],
  additionalProperties: false,
  properties: { zones: { type: 'object', minProperties: 1, additionalProperties: Share } },
});

export type ViewInput = 'own' | 'shared' | { readonly refresh: string };

const Stages = strict(
  { stages: Type.Array(strict({ duration: Duration, target: Rate }), { minItems: 1, maxItems: 10_000 }) },
  'Linear from the last target, the first from 0; duration 0s jumps; the last target holds.',
);
const Diurnal = strict(
  {
    diurnal: strict(
      {
        low: Rate,
        high: Rate,
        period: Type.Optional(Type.Unsafe<string>({ ...Duration, description: 'Default: 24h.' })),
        peakAt: Type.Optional(
          Type.Unsafe<string>({ ...Duration, description: 'Simulated time of the peak. Default: half a period, so that the run begins at the low.' }),
        ),
      },
      'A cosine between low and high.',
    ),
  },
  'A day.',
);
const Burst = strict(
  {
    burst: strict(
      {
        at: Duration,
        duration: Duration,
        rate: Rate,
        every: Type.Optional(Type.Unsafe<string>({ ...Duration, description: 'From start to start; without it there is one burst.' })),
      },
      'Adds `rate` from `at` on for `duration`.',
    ),
  },
  'A burst.',
);

/** One of the keys, which the schema cannot say without losing the place of what is wrong: `arrivals.ts` does. */
export interface ShapeInput {
  readonly stages?: Static<typeof Stages>['stages'];
  readonly diurnal?: Static<typeof Diurnal>['diurnal'];
  readonly burst?: Static<typeof Burst>['burst'];
}
const Shape = Type.Unsafe<ShapeInput>({
  type: 'object',
  title: 'shape',
  description: 'One of stages, diurnal and burst; the rate is the sum of all entries.',
  additionalProperties: false,
  properties: { ...Stages.properties, ...Diurnal.properties, ...Burst.properties },
});

export type BatchInput = number | BatchObject;
export interface BatchObject {
  readonly law: 'constant' | 'geometric' | 'uniform' | 'discrete';
  readonly value?: number;
  readonly mean?: number;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly number[];
  readonly weights?: readonly number[];
}
const BatchSize = count(1, 100_000);
const Batch = Type.Unsafe<BatchInput>({
  type: ['integer', 'object'],
  title: 'batch',
  description:
    'Requests that come at one instant: a number, or a law on 1, 2, 3 …: { law: geometric, mean: 5 }, { law: uniform, min: 1, max: 9 }, { law: discrete, values: [1, 20], weights: [9, 1] }.',
  minimum: 1,
  maximum: 100_000,
  required: ['law'],
  additionalProperties: false,
  properties: {
    law: oneOf('constant', 'geometric', 'uniform', 'discrete'),
    value: BatchSize,
    mean: Type.Number({ minimum: 1, maximum: 100_000 }),
    min: BatchSize,
    max: BatchSize,
    values: Type.Array(BatchSize, { minItems: 1, maxItems: 10_000 }),
    weights: Type.Array(Type.Number({ minimum: 0, maximum: 1e9 }), { minItems: 1, maxItems: 10_000 }),
  },
});

const Arrivals = strict({
  process: Type.Optional(oneOf('poisson', 'deterministic', 'uniform', 'renewal', 'mmpp')),
  rate: Type.Optional(Type.Unsafe<string>({ ...Rate, description: 'Requests of all clients of this entry together.' })),
  shape: Type.Optional(Type.Array(Shape, { minItems: 1, maxItems: 1000, description: 'A rate that changes: the sum of these.' })),
  rates: Type.Optional(Type.Array(Rate, { minItems: 1, maxItems: 1000, description: 'process: mmpp: the rate of each state; the states form a cycle.' })),
  dwell: Type.Optional(Type.Array(Duration, { minItems: 1, maxItems: 1000, description: 'process: mmpp: mean of the exponential time in each state.' })),
  law: Type.Optional(Type.Unsafe<LawInput>({ ...LawRef, description: 'process: renewal: law of the time between requests, scaled to the rate.' })),
  batch: Type.Optional(Batch),
});

const TraceSource = strict(
  {
    file: Type.String({ minLength: 1, maxLength: 10_000, description: 'Relative to this file.' }),
    format: Type.Optional(oneOf('csv', 'combined', 'ingress-nginx', 'envoy', 'haproxy', 'json', 'k6')),
    speed: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e6, description: '2: twice as fast.' })),
    window: Type.Optional(strict({ from: Type.Optional(Duration), to: Type.Optional(Duration) }, 'A part of it, counted from its first request.')),
  },
  'Instead of arrivals: requests at the instants of a recording, with its clients and paths where it has them.',
);

const Client = strict({
  name: Type.Unsafe<string>({ type: 'string', title: 'client name', pattern: '^[A-Za-z0-9][-A-Za-z0-9_.]{0,62}$' }),
  count: Type.Optional(count(1, 1_000_000)),
  from: Type.Optional(From),
  target: Type.String({ minLength: 1, maxLength: 2000 }),
  requests: Type.Optional(
    Type.Array(
      strict({
        path: Type.Optional(Type.Unsafe<string>({ type: 'string', title: 'path', pattern: '^/', maxLength: 2000 })),
        method: Type.Optional(Type.Unsafe<string>({ type: 'string', title: 'method', pattern: '^[A-Z]{1,32}$' })),
        headers: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 10_000 }))),
        weight: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
        bytes: Type.Optional(strict({ in: Type.Optional(Size), out: Type.Optional(Size) })),
      }),
      { minItems: 1, maxItems: 10_000 },
    ),
  ),
  sources: Type.Optional(
    strict({ addresses: Type.Optional(count(1, 1_000_000)), nat: Type.Optional(strict({ groups: count(1, 1_000_000), skew: Type.Optional(Skew) })) }),
  ),
  popularity: Type.Optional(strict({ skew: Skew })),
  protocol: Type.Optional(
    strict({
      type: Type.Optional(
        described(
          oneOf('tcp', 'udp', 'sctp', 'http/1.1', 'http/2', 'grpc'),
          'Default: what the URL says. udp: each request is a datagram, its client a socket with a source port; keepAlive off: a new port for each.',
        ),
      ),
      keepAlive: Type.Optional(Switch),
      connections: Type.Optional(count(1, 1_000_000, 'Most connections of one client.')),
      connect: Type.Optional(oneOf('lazy', 'eager')),
      dns: Type.Optional(
        strict(
          {
            cache: Type.Optional(described(Switch, 'The resolver keeps answers for their time to live (JVM, nscd); off by default (Go, glibc).')),
            pick: Type.Optional(described(oneOf('first', 'random'), 'Which address of a headless Service a connection goes to; first by default.')),
          },
          'How the client looks names up: for each connection.',
        ),
      ),
      tcpKeepAlive: Type.Optional(
        Type.Unsafe<string>({
          type: 'string',
          title: 'duration or off',
          pattern: `^off$|${DURATION_PATTERN}`,
          description:
            'TCP keep-alive: a probe on a connection that has been quiet for this long, which keeps load balancers, ipvs and conntrack from forgetting it. Off by default, as in Linux for programs that do not ask; Go programs use 15s.',
          examples: ['15s', '75s', 'off'],
        }),
      ),
      maxConcurrentStreams: Type.Optional(count(1, 1_000_000)),
      tls: Type.Optional(
        Type.Unsafe<string | number>({
          type: ['string', 'number'],
          title: 'TLS version',
          enum: ['none', '1.2', '1.3', '1.2-resumed', '1.3-resumed', 1.2, 1.3],
        }),
      ),
      maxConnectionAge: Type.Optional(LawRef),
      requestsPerConnection: Type.Optional(count(0, 1e9)),
    }),
  ),
  balancer: Type.Optional(
    strict({
      plane: oneOf('ideal'),
      policy: oneOf('random', 'round_robin', 'least_connections', 'power_of_choices', 'join_idle_queue', 'least_work_left'),
      choices: Type.Optional(count(1, 10_000)),
      replacement: Type.Optional(Type.Boolean()),
      ties: Type.Optional(oneOf('random', 'first')),
      weighted: Type.Optional(Type.Boolean()),
      view: Type.Optional(
        Type.Unsafe<ViewInput>({
          type: ['string', 'object'],
          title: 'view',
          description: 'own, shared, or { refresh: 50ms }.',
          pattern: '^(own|shared)$',
          required: ['refresh'],
          additionalProperties: false,
          properties: { refresh: Duration },
        }),
      ),
    }),
  ),
  arrivals: Type.Optional(Arrivals),
  trace: Type.Optional(TraceSource),
  closedLoop: Type.Optional(strict({ users: count(1, 1_000_000), thinkTime: Type.Optional(LawRef) })),
  timeout: Type.Optional(Duration),
});

const Thresholds = Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }));

/** A list, or equal steps; numbers, or quantities with one unit. */
export type AxisValuesInput = readonly unknown[] | { readonly from: string | number; readonly to: string | number; readonly step: string | number };
const Bound = Type.Unsafe<string | number>({ type: ['string', 'number'], title: 'number or quantity', examples: [2, '100/s', '30s'] });
const AxisValues = {
  type: ['array', 'object'],
  title: 'axis values',
  description: 'A list, or { from, to, step }: numbers or quantities with one unit, both ends included.',
  minItems: 1,
  maxItems: 1000,
  properties: { from: Bound, to: Bound, step: Bound },
  required: ['from', 'to', 'step'],
  additionalProperties: false,
};

const Axis = strict(
  {
    path: Type.Optional(
      Type.Unsafe<string>({
        type: 'string',
        title: 'JSON pointer',
        pattern: '^/(spec|metadata|manifests)/',
        description: 'What the axis changes: /spec/… of the scenario, or a field of an object, /manifests/KIND/NAME/…; / in a key is written ~1.',
      }),
    ),
    values: Type.Optional(Type.Unsafe<AxisValuesInput>(AxisValues)),
    variants: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 100 }), Type.Unsafe<unknown>({}), {
        minProperties: 1,
        maxProperties: 1000,
        description: 'Named, instead of values: with path its value by name; without path, by name what is set: { "/spec/…": value, … }.',
      }),
    ),
  },
  'One value a cell. Either path with values or variants, or variants that name their paths.',
);

const Sweep = strict({
  axes: Type.Record(Type.String(), Axis),
  exclude: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 2000 }), {
      maxItems: 1000,
      description: "Combinations that are left out, e.g. replicas == 4 && rate > '200/s' || policy in ['rr', 'lc'].",
    }),
  ),
});

export const ScenarioDocumentSchema = strict({
  apiVersion: Type.Unsafe<string>({ const: API_VERSION }),
  kind: Type.Unsafe<string>({ const: 'Scenario' }),
  metadata: strict({ name: Type.String({ minLength: 1, maxLength: 253 }), description: Type.Optional(Text) }),
  spec: strict({
    manifests: Type.Optional(Type.Array(Type.Unsafe<string | { readonly inline: string }>(InlineManifests), { maxItems: 1000 })),
    run: Run,
    cluster: Type.Optional(Cluster),
    workloads: Type.Optional(Type.Record(Type.String(), Workload)),
    clients: Type.Array(Client, { minItems: 1, maxItems: 1000 }),
    timeline: Type.Optional(
      Type.Array(strict({ at: Duration, do: Type.String({ minLength: 1, maxLength: 2000 }), label: Type.Optional(Text) }), { maxItems: 10_000 }),
    ),
    thresholds: Type.Optional(Thresholds),
    sweep: Type.Optional(Sweep),
  }),
});

export type ScenarioInput = Static<typeof ScenarioDocumentSchema>;
export type SpecInput = ScenarioInput['spec'];
export type ClusterInput = Static<typeof Cluster>;
export type WorkloadInput = Static<typeof Workload>;
export type ClientInput = Static<typeof Client>;

/** The JSON Schema document that `schema/scenario.schema.json` holds. */
export function buildJsonSchema(): Record<string, unknown> {
  const schema = JSON.parse(JSON.stringify(ScenarioDocumentSchema)) as Record<string, unknown>;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'evenkeel Scenario',
    description: 'What to simulate. Durations carry a unit (50us, 12ms, 2s, 5m, 1h), rates /s, /m or /h, sizes KiB, MiB or GiB, shares %.',
    ...schema,
    definitions: { law: JSON.parse(JSON.stringify(LAW)) },
  };
}
