/** Small scenarios of any kind, for properties that hold in all of them. Every one is valid. */
import fc from 'fast-check';
import { SCHEDULERS } from '../balancers/index.ts';

type Part = Readonly<Record<string, unknown>>;

const PROXIES: readonly Part[] = [
  { mode: 'iptables' },
  { mode: 'nftables' },
  { mode: 'userspace' },
  ...SCHEDULERS.map((scheduler) => ({ mode: 'ipvs', scheduler })),
  { mode: 'ipvs', connReuseMode: 1 },
  { mode: 'cilium', algorithm: 'random' },
  { mode: 'cilium', algorithm: 'maglev', tableSize: 251, forwarding: 'dsr' },
];

/** What stands before the nodes. Idle time-outs are longer than these runs; conntrack's are not. */
const BALANCERS: readonly Part[] = [
  { kind: 'flow-hash' },
  { kind: 'nlb' },
  { kind: 'nlb', targets: 'ip', crossZone: 'on', stickiness: 'source-ip' },
  { kind: 'gcp', weighted: 'on', healthCheck: { interval: '1s', unhealthyThreshold: 1 } },
  { kind: 'azure', hash: '3-tuple', tcpReset: 'on', healthCheck: { interval: '1s', unhealthyThreshold: 1 } },
  { kind: 'metallb-l2' },
  { kind: 'metallb-bgp' },
  { kind: 'metallb-bgp', resilient: 'on' },
  { kind: 'servicelb' },
];

const time = (least: number, most: number) => fc.integer({ min: least, max: most }).map((ms) => `${ms}ms`);

const law = fc.oneof(
  fc.constant('0s'),
  time(1, 50),
  time(1, 50).map((mean) => ({ law: 'exponential', mean })),
  fc.record({ law: fc.constant('hyperexponential'), mean: time(1, 30), cv: fc.constantFrom(1.5, 4) }),
  fc.record({ law: fc.constant('erlang'), mean: time(1, 30), k: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ law: fc.constant('gamma'), mean: time(1, 30), cv: fc.constantFrom(0.3, 2) }),
  fc.constant({ law: 'pareto-bounded', mean: '5ms', shape: 1.5, ratio: 1000 }),
  fc.constant({ law: 'bimodal', p: 0.1, fast: '1ms', slow: { law: 'exponential', mean: '100ms' } }),
);

const workload = fc.record(
  {
    concurrency: fc.integer({ min: 1, max: 4 }),
    queue: fc.record(
      {
        limit: fc.constantFrom('none', 0, 1, 5),
        discipline: fc.constantFrom('fifo', 'lifo', 'ps'),
        timeout: time(1, 500),
        patience: fc.oneof(
          time(1, 300),
          time(1, 300).map((mean) => ({ law: 'exponential', mean })),
        ),
      },
      { requiredKeys: [] },
    ),
    service: fc.oneof(
      law,
      law.map((route) => ({ byRoute: { '/slow': route, default: '2ms' } })),
    ),
    speed: fc.constantFrom(1, 3, [0.5, 2]),
    server: fc.record(
      {
        maxConnectionAge: fc.oneof(time(50, 1000), fc.constant({ law: 'exponential', mean: '300ms' })),
        maxConnectionAgeGrace: time(0, 300),
        keepAliveTimeout: time(1, 500),
        maxRequestsPerConnection: fc.integer({ min: 1, max: 9 }),
        cancel: fc.constantFrom('never', 'onDisconnect'),
        sigterm: fc.constantFrom('drain', 'exit', 'ignore'),
      },
      { requiredKeys: [] },
    ),
    holdWhileCalling: fc.boolean(),
  },
  { requiredKeys: ['concurrency'] },
);

/** Calls of `web`, which go to `api` and `db` only, so that there is no circle. */
const call = fc.record(
  {
    target: fc.constantFrom('http://api/', 'http://db/slow', 'http://nobody/', 'http://api:81/'),
    probability: fc.constantFrom(0, 0.3, 1),
    count: fc.integer({ min: 0, max: 3 }),
    timeout: time(1, 200),
    optional: fc.boolean(),
  },
  { requiredKeys: ['target'] },
);
const calls = fc.array(
  fc.oneof(
    call,
    fc.array(call, { minLength: 1, maxLength: 3 }).map((parallel) => ({ parallel })),
  ),
  { maxLength: 2 },
);

const protocol = fc.record(
  {
    type: fc.constantFrom('tcp', 'http/1.1', 'http/2', 'grpc'),
    keepAlive: fc.constantFrom('on', 'off'),
    connections: fc.integer({ min: 1, max: 3 }),
    connect: fc.constantFrom('lazy', 'eager'),
    maxConcurrentStreams: fc.constantFrom(1, 2, 100),
    tls: fc.constantFrom('none', '1.2', '1.3', '1.2-resumed', '1.3-resumed'),
    maxConnectionAge: fc.oneof(time(50, 1000), fc.constant({ law: 'exponential', mean: '300ms' })),
    requestsPerConnection: fc.integer({ min: 1, max: 5 }),
    tcpKeepAlive: fc.constantFrom('300ms', '2s'),
    dns: fc.constantFrom({ cache: 'on' }, { cache: 'on', pick: 'random' }, { pick: 'random' }),
  },
  { requiredKeys: [] },
);

/** What holds for UDP sockets too. */
const socket = fc.record(
  {
    keepAlive: fc.constantFrom('on', 'off'),
    connections: fc.integer({ min: 1, max: 3 }),
    connect: fc.constantFrom('lazy', 'eager'),
    requestsPerConnection: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: [] },
);

const datagrams = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  from: fc.constantFrom('nodes', 'external', 'deployment/db'),
  target: fc.constantFrom('udp://web:53', 'udp://headless:53', 'udp://198.51.100.10:53', 'udp://web:54', 'sctp://web:53'),
  protocol: socket,
  timeout: time(5, 500),
  arrivals: fc.record({ rate: fc.constantFrom('1/s', '50/s') }),
});

const balancer = fc.record(
  {
    plane: fc.constant('ideal'),
    policy: fc.constantFrom('random', 'round_robin', 'least_connections', 'power_of_choices', 'join_idle_queue', 'least_work_left'),
    weighted: fc.boolean(),
    ties: fc.constantFrom('random', 'first'),
    view: fc.constantFrom('own', 'shared', { refresh: '50ms' }),
  },
  { requiredKeys: ['plane', 'policy'] },
);

const rate = fc.integer({ min: 1, max: 150 }).map((perSecond) => `${perSecond}/s`);
const stages = fc.array(fc.record({ duration: time(0, 2000), target: fc.oneof(rate, fc.constant('0/s')) }), { maxLength: 2 });

const traffic = fc.oneof(
  fc.record({ arrivals: fc.record({ process: fc.constantFrom('poisson', 'deterministic', 'uniform'), rate }) }),
  fc.record({
    arrivals: fc.record({
      rate,
      batch: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant({ law: 'geometric', mean: 3 }), fc.constant({ law: 'uniform', min: 1, max: 4 })),
    }),
  }),
  fc.record({ arrivals: fc.record({ process: fc.constant('renewal'), law: fc.constant({ law: 'gamma', mean: '1s', cv: 2 }), rate }) }),
  fc.tuple(rate, rate, time(50, 500), time(50, 500)).map(([a, b, ...dwell]) => ({ arrivals: { process: 'mmpp', rates: [a, b], dwell } })),
  fc.tuple(rate, rate, time(500, 3000)).map(([a, b, period]) => ({
    arrivals: { shape: [{ diurnal: { low: '0/s', high: a, period } }, { burst: { at: '100ms', duration: '200ms', rate: b, every: period } }] },
  })),
  fc.tuple(stages, rate).map(([before, last]) => ({ arrivals: { shape: [{ stages: [...before, { duration: '500ms', target: last }] }] } })),
  fc.record({
    closedLoop: fc.record({ users: fc.integer({ min: 1, max: 12 }), thinkTime: fc.oneof(time(1, 200), fc.constant({ law: 'exponential', mean: '50ms' })) }),
  }),
);

const client = fc
  .tuple(
    traffic,
    fc.record(
      {
        count: fc.integer({ min: 1, max: 12 }),
        from: fc.constantFrom('external', 'vpc', 'nodes', 'deployment/db', { zones: { a: '75%', b: '25%' } }),
        target: fc.constantFrom(
          ...[
            'http://web/',
            'http://web/slow',
            'http://api.default.svc.cluster.local/',
            'https://web/',
            'grpc://web:80/',
            'http://web:81/',
            'http://headless/',
          ],
          ...[
            'http://203.0.113.1:30080/',
            'http://node-2:30080/',
            'http://198.51.100.10/',
            'http://shop.example/',
            'http://shop.example/api',
            'http://other.example/',
          ],
        ),
        protocol,
        balancer,
        sources: fc.constantFrom({ addresses: 2 }, { addresses: 3, nat: { groups: 2, skew: 1 } }),
        popularity: fc.constantFrom({ skew: 0 }, { skew: 1.5 }),
        timeout: time(5, 500),
        requests: fc.constant([
          { path: '/', weight: 2, bytes: { in: '1KiB', out: '64KiB' } },
          { path: '/slow', method: 'POST', headers: { Cookie: 'a=b' } },
        ]),
      },
      { requiredKeys: ['target'] },
    ),
  )
  .map(([load, rest]) => ('closedLoop' in load ? { ...load, ...without(rest, 'count') } : { ...load, ...rest }));

function without(object: Part, key: string): Part {
  const { [key]: _dropped, ...rest } = object;
  return rest;
}

const command = fc.oneof(
  fc
    .tuple(fc.constantFrom('web', 'api', 'db'), fc.integer({ min: 0, max: 6 }))
    .map(([name, replicas]) => `kubectl scale deployment/${name} --replicas=${replicas}`),
  fc.constantFrom('web', 'api', 'db').map((name) => `kubectl delete pod -l app=${name}`),
  fc.constantFrom('web', 'api').map((name) => `kubectl rollout restart deployment/${name}`),
  fc.constantFrom('kubectl delete service api', 'kubectl label pod -l app=web app=other --overwrite', 'kubectl delete deployment db'),
);

const service = fc.record(
  {
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    affinity: fc.constantFrom(0, 1, 3),
    externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
    targetPort: fc.constantFrom('http', 8080, 9999),
  },
  { requiredKeys: ['type', 'affinity', 'targetPort'] },
);

const objects = fc
  .record({
    replicas: fc.tuple(...['web', 'api', 'db'].map(() => fc.integer({ min: 0, max: 4 }))),
    web: service,
    probe: fc.option(fc.constantFrom({ httpGet: { port: 8080 }, periodSeconds: 1 }, { httpGet: { port: 8080 }, initialDelaySeconds: 1, periodSeconds: 1 }), {
      nil: undefined,
    }),
    cookie: fc.boolean(),
  })
  .map(({ replicas, web, probe, cookie }): readonly Part[] => [
    ...['web', 'api', 'db'].map((name, i) => deployment(name, replicas[i], probe)),
    clusterService('web', webService(web)),
    clusterService('api', {}),
    clusterService('db', {}),
    clusterService('headless', { clusterIP: 'None', selector: { app: 'web' } }),
    ingress(cookie),
  ]);

function deployment(name: string, replicas: number, readinessProbe: unknown): Part {
  const containers = [{ name: 'main', image: 'main:1', ports: [{ name: 'http', containerPort: 8080 }], readinessProbe }];
  const template = { metadata: { labels: { app: name } }, spec: { containers, terminationGracePeriodSeconds: 1 } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template } };
}

function clusterService(name: string, spec: Part): Part {
  const ports = [{ port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports, ...spec } };
}

function webService({
  type,
  affinity,
  targetPort,
  ...policies
}: {
  type: string;
  affinity: number;
  targetPort: string | number;
  externalTrafficPolicy?: string;
}): Part {
  const { externalTrafficPolicy, ...others } = policies;
  return {
    type,
    ...others,
    ports: [
      { name: 'http', port: 80, targetPort, ...(type !== 'ClusterIP' && { nodePort: 30080 }) },
      { name: 'udp', port: 53, protocol: 'UDP', targetPort: 8080 },
      { name: 'sctp', port: 53, protocol: 'SCTP', targetPort: 8080 },
    ],
    ...(type !== 'ClusterIP' && externalTrafficPolicy !== undefined && { externalTrafficPolicy }),
    ...(type === 'LoadBalancer' && { loadBalancerIP: '198.51.100.10' }),
    ...(affinity > 0 && { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: affinity } } }),
  };
}

function ingress(cookie: boolean): Part {
  const path = (prefix: string, name: string) => ({ path: prefix, pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', annotations: cookie ? { 'nginx.ingress.kubernetes.io/affinity': 'cookie' } : {} },
    spec: { ingressClassName: 'nginx', rules: [{ host: 'shop.example', http: { paths: [path('/', 'web'), path('/api', 'api')] } }] },
  };
}

const latency = fc.constantFrom('0s', '50us', '1ms', { law: 'exponential', mean: '2ms' });

/** The text of a scenario with its manifests, as one JSON stream: some hundreds of requests a replication. */
export const randomScenario = fc
  .record({
    objects,
    nodes: fc.integer({ min: 2, max: 4 }),
    isPublic: fc.boolean(),
    proxy: fc.constantFrom(...PROXIES),
    latency: fc.record({ sameNode: latency, sameZone: latency, crossZone: latency, external: latency }),
    workloads: fc.record({ 'deployment/web': fc.tuple(workload, calls).map(([web, steps]) => ({ ...web, calls: steps })), 'deployment/api': workload }),
    clients: fc.array(fc.oneof({ weight: 4, arbitrary: client }, { weight: 1, arbitrary: datagrams }), { minLength: 1, maxLength: 3 }),
    loadBalancer: fc.constantFrom(...BALANCERS),
    conntrack: fc.record(
      {
        max: fc.constantFrom(5, 200),
        tcpEstablishedTimeout: fc.constant('1s'),
        udpTimeout: fc.constantFrom('1s', '2s'),
        udpCleanup: fc.constantFrom('event', 'reconcile-skip-empty', 'reconcile-all'),
        snatPorts: fc.constantFrom(2, 100),
      },
      { requiredKeys: [] },
    ),
    dns: fc.record({ ttl: time(0, 2000), cache: time(0, 2000), shuffle: fc.boolean(), lookup: fc.constantFrom('0s', '1ms') }, { requiredKeys: [] }),
    timeline: fc.array(fc.record({ at: time(0, 3000), do: command }), { maxLength: 3 }),
    warmup: fc.constantFrom('0s', '500ms'),
    gracefulStop: fc.constantFrom('0s', '1s'),
  })
  .map((parts) => {
    const scenario = {
      apiVersion: 'evenkeel.dev/v1alpha1',
      kind: 'Scenario',
      metadata: { name: 'random' },
      spec: {
        run: { duration: '3s', warmup: parts.warmup, gracefulStop: parts.gracefulStop, replications: 2 },
        cluster: {
          nodes: { count: parts.nodes, zones: ['a', 'b'], public: parts.isPublic },
          kubeProxy: parts.proxy,
          network: { latency: parts.latency },
          loadBalancer: parts.loadBalancer,
          conntrack: parts.conntrack,
          dns: parts.dns,
        },
        workloads: parts.workloads,
        clients: parts.clients.map((each, i) => ({ name: `c${i}`, ...each })),
        timeline: parts.timeline,
      },
    };
    return [...parts.objects, scenario].map((document) => JSON.stringify(document)).join('\n---\n');
  });
