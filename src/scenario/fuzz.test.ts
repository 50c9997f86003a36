/** Whatever comes in, `loadStudy` answers with a study or with a ScenarioError whose issues have a place. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ScenarioError } from '../errors.ts';
import { load, scenarioText, WEB } from '../testing/scenarios.ts';
import { setAt } from './document.ts';
import type { LoadOptions } from './load.ts';
import { parseFlagValue } from './yaml.ts';

async function holds(text: string, options: Partial<LoadOptions> = {}): Promise<void> {
  try {
    await load(text, options);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.issues).not.to.have.length(0);
    for (const issue of error.issues) {
      expect(issue.where).not.to.equal('');
      expect(issue.problem).not.to.equal('');
    }
  }
}

const yamlish = fc.array(
  fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '&x ',
    '*x',
    '!!str ',
    '<<: ',
    '? ',
    '|\n',
    '#',
    '---\n',
    'kind: Service\n',
    'apiVersion: v1\n',
    'metadata: ',
    '1',
    'yes',
    '{{ x }}',
    '\t',
    '\u0000',
    'é',
  ),
  { maxLength: 60 },
);

/** Paths of the scenario and of the manifests, and values that do not belong there. */
const paths = fc.constantFrom(
  ...[
    'spec',
    'spec/run',
    'spec/run/duration',
    'spec/run/seed',
    'spec/clients',
    'spec/clients/0',
    'spec/clients/0/target',
    'spec/clients/0/arrivals',
    'spec/clients/0/arrivals/rate',
    'spec/clients/0/from',
  ],
  ...[
    'spec/clients/0/protocol',
    'spec/clients/0/requests',
    'spec/clients/0/balancer',
    'spec/clients/0/count',
    'spec/cluster',
    'spec/cluster/nodes',
    'spec/cluster/nodes/count',
    'spec/cluster/network/latency/external',
  ],
  ...[
    'spec/cluster/kubeProxy',
    'spec/workloads',
    'spec/workloads/deployment~1web',
    'spec/workloads/deployment~1web/service',
    'spec/workloads/deployment~1web/queue',
    'spec/workloads/deployment~1web/calls',
  ],
  ...[
    'spec/manifests',
    'spec/timeline',
    'spec/thresholds',
    'spec/sweep',
    'spec/sweep/axes',
    'spec/sweep/axes/a',
    'metadata',
    'metadata/name',
    'kind',
    'apiVersion',
  ],
);
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '5m',
    '-1s',
    '1/s',
    'external',
    '1e999',
    '__proto__',
    'none',
    '{ law: exponential, mean: 0s }',
    '<script>',
    'http://[::1]/',
    '100%',
    'kubectl delete pod x',
  ),
  fc.constantFrom(
    { law: 'bimodal', p: 1, fast: '1s', slow: { law: 'nope' } },
    { law: 'empirical', file: '/nowhere' },
    { from: '/nowhere' },
    { a: { path: '/spec/run', values: [1, null, {}] } },
    [{ at: '1s', do: 'kubectl' }],
    [null],
  ),
);

describe('any input', function () {
  this.timeout(300_000);

  it('of YAML-like text is a study or issues', () =>
    fc.assert(
      fc.asyncProperty(yamlish, async (parts) => holds(parts.join(''), { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } })),
      { numRuns: 300, seed: 7 },
    ));

  it('in the shape of a scenario is a study or issues', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(paths, values), { minLength: 1, maxLength: 3 }), async (changes) => {
        let document: unknown = parseFlagValue(scenarioText('', '').replace(/^\s*---/, ''));
        for (const [path, value] of changes) {
          const steps = path.split('/').map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/')));
          document = setAt(document, steps, value)?.root ?? document;
        }
        await holds(`${WEB}---\n${JSON.stringify(document)}\n`);
      }),
      { numRuns: 300, seed: 7 },
    ));

  it('in the shape of manifests is a study or issues', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Deployment', 'Service', 'Pod', 'Node', 'Ingress', 'HorizontalPodAutoscaler', 'EndpointSlice', 'StatefulSet'),
        fc.constantFrom(
          'metadata',
          'metadata/labels',
          'metadata/ownerReferences',
          'metadata/namespace',
          'spec',
          'spec/selector',
          'spec/ports',
          'spec/ports/0',
          'spec/template',
          'spec/template/spec',
          'spec/template/spec/containers',
          'spec/template/spec/containers/0',
          'spec/containers',
          'spec/containers/0/env',
          'spec/replicas',
          'spec/rules',
          'status',
          'status/addresses',
          'status/capacity',
          'endpoints',
        ),
        fc.jsonValue({ maxDepth: 3 }),
        async (kind, path, value) => {
          const versions: Record<string, string> = {
            Deployment: 'apps/v1',
            StatefulSet: 'apps/v1',
            Ingress: 'networking.k8s.io/v1',
            HorizontalPodAutoscaler: 'autoscaling/v2',
            EndpointSlice: 'discovery.k8s.io/v1',
          };
          const object = { apiVersion: versions[kind] ?? 'v1', kind, metadata: { name: 'x' }, spec: {} };
          const steps = path.split('/').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
          const changed = setAt(object, steps, value)?.root ?? object;
          await holds(`${WEB}---\n${JSON.stringify(changed)}\n`, { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } });
        },
      ),
      { numRuns: 300, seed: 7 },
    ));

  it('of flags is a study or issues', () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 30 }),
        fc.string({ maxLength: 30 }),
        fc.constantFrom('sets', 'vary', 'to', 'rate', 'duration', 'from', 'clients', 'service', 'concurrency'),
        async (a, b, flag) => {
          const quick = { to: 'http://web/', rate: '1/s', duration: '1m' };
          if (flag === 'sets' || flag === 'vary') await holds(WEB, { quick, [flag]: [`${a}=${b}`, `clients[0].${a}=${b}`] });
          else await holds(WEB, { quick: { ...quick, [flag]: a } });
        },
      ),
      { numRuns: 300, seed: 7 },
    ));
});
