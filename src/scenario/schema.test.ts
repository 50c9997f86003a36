import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { scenario } from '../testing/scenarios.ts';
import { SCHEMA_FILE, scenarioJsonSchema } from './schema.ts';
import { buildJsonSchema } from './schema-source.ts';

describe('the JSON Schema', () => {
  it('is the shipped file (node dist/scenario/write-schema.js writes it anew)', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).to.equal(`${JSON.stringify(buildJsonSchema(), null, 2)}\n`);
    expect(scenarioJsonSchema().$schema).to.equal('http://json-schema.org/draft-07/schema#');
  });

  it('is valid draft-07', () => {
    const ajv = new Ajv({ allowUnionTypes: true, strictTypes: false });
    expect(ajv.validateSchema(scenarioJsonSchema()), JSON.stringify(ajv.errors)).to.equal(true);
  });

  it('lets every built word through', async () => {
    const read = await scenario(`  run: { duration: 20m, warmup: 2m, seed: 42, replications: 20, gracefulStop: 30s, percentiles: [25, 40] }
  cluster:
    kubernetesVersion: "1.35"
    nodes: [ { name: n, zone: a, cpu: 500m, public: true, count: 2, labels: { disk: ssd } } ]
    kubeProxy: { mode: iptables }
    network: { latency: { sameNode: 50us, sameZone: 0s, crossZone: { law: exponential, mean: 1ms }, external: 18ms } }
    loadBalancer: { kind: flow-hash }
    ingress: { class: nginx, replicas: 2, workers: 2 }
    addressSeed: 1
  workloads:
    deployment/web:
      concurrency: 8
      queue: { limit: none, discipline: lifo, onFull: reject, timeout: 10s, patience: { law: exponential, mean: 2s } }
      service: { law: erlang, mean: 12ms, k: 4 }
      speed: [1, 2]
      weight: 1
      server: { protocol: grpc, maxConnectionAge: 30s, jitter: 0%, maxConnectionAgeGrace: 5s, keepAliveTimeout: 60s, maxRequestsPerConnection: 0, cancel: onDisconnect, sigterm: drain }
      calls: []
      holdWhileCalling: false
  clients:
    - name: storefront
      count: 40
      from: { zones: { a: 100% } }
      target: grpc://web.default.svc.cluster.local:80/
      requests: [ { path: /, method: GET, headers: { X-A: b }, weight: 1, bytes: { in: 1KiB, out: 8KiB } } ]
      sources: { addresses: 40, nat: { groups: 4, skew: 1.1 } }
      popularity: { skew: 0 }
      protocol: { type: grpc, keepAlive: on, connections: 1, maxConcurrentStreams: 100, tls: 1.3, maxConnectionAge: { law: uniform, min: 1s, max: 2s }, requestsPerConnection: 0, connect: eager }
      balancer: { plane: ideal, policy: power_of_choices, choices: 3, replacement: true, ties: first, weighted: true, view: { refresh: 50ms } }
      arrivals: { process: deterministic, shape: [ { stages: [ { duration: 0s, target: 10/s }, { duration: 1m, target: 20/s } ] } ] }
      timeout: 1s
    - { name: users, from: deployment/web, target: http://web/, closedLoop: { users: 5, thinkTime: { law: exponential, mean: 1s } } }
  timeline: [ { at: 5m, do: kubectl scale deployment/web --replicas=10, label: scale-up } ]`);
    expect(read.cluster.nodes.map((node) => [node.name, node.cpu])).to.deep.equal([
      ['n-1', 0.5],
      ['n-2', 0.5],
    ]);
    expect(read.clients[0]).to.deep.include({ from: { type: 'zones', shares: { a: 1 } }, sources: { addresses: 40, nat: { groups: 4, skew: 1.1 } } });
    expect(read.clients[0].protocol).to.deep.include({ tls: '1.3', connect: 'eager', maxConnectionAge: { law: 'uniform', min: 1, max: 2 } });
    expect(read.clients[0].balancer).to.deep.include({ view: { type: 'shared', refreshNs: 50e6 } });
    expect(read.clients[0].arrivals).to.deep.equal({
      type: 'open',
      steps: { law: 'constant', value: 1 },
      rate: {
        type: 'shape',
        parts: [
          {
            type: 'stages',
            startRate: 0,
            stages: [
              { durationNs: 0, target: 10 },
              { durationNs: 60e9, target: 20 },
            ],
          },
        ],
      },
      batch: null,
    });
    expect(read.clients[0].requests[0]).to.deep.include({ headers: { 'x-a': 'b' }, bytesIn: 1024, bytesOut: 8192 });
    expect(read.clients[1]).to.deep.include({
      count: 5,
      from: { type: 'workload', workload: 'deployment/web.default' },
      arrivals: { type: 'closed', users: 5, thinkTime: { law: 'exponential', mean: 1 } },
    });
    expect(read.timeline[0]).to.deep.include({ atNs: 300e9, label: 'scale-up' });
    expect(read.workloads['deployment/web.default'].queue).to.deep.include({ limit: null, discipline: 'lifo', timeoutNs: 10e9 });
  });
});
