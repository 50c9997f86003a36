import { expect } from 'chai';
import { ScenarioError } from '../errors.ts';
import { valueAt } from './document.ts';
import { loadStudy } from './load.ts';
import { scenarioJsonSchema } from './schema.ts';
import { knownStrategies } from './strategies.ts';

const scenario = (client: string, cluster = '') => `
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: shop }
spec:
  run: { duration: 10s }
  cluster: { nodes: { count: 2, public: true }${cluster} }
  clients:
    - ${client}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [ { port: 80, nodePort: 30080 } ] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, image: web } ] } } }
`;
const INSIDE = '{ name: shop, target: "http://web/", arrivals: { rate: 10/s } }';
const load = (text: string, strategies: string, more = {}) => loadStudy({ files: ['-'], stdin: text, strategies, ...more });

describe('named strategies', () => {
  it('are the words that the format has: every mode, scheduler, plane and policy', () => {
    const names = knownStrategies().map(({ name }) => name);
    expect(names).to.include.members(['iptables', 'ipvs:rr', 'ideal:least_connections']);
    const modes = valueAt(scenarioJsonSchema(), ['properties', 'spec', 'properties', 'cluster', 'properties', 'kubeProxy', 'properties', 'mode', 'enum']);
    for (const one of modes as string[]) expect(names.some((name) => name.split(':')[0] === one)).to.equal(true);
  });

  it('are cells of the study, without a change of the scenario', async () => {
    const { cells, notApplicable } = await load(scenario(INSIDE), 'iptables,ipvs,ideal:power_of_choices,as-written');
    expect(cells.map(({ id, axes }) => [id, axes.strategy])).to.deep.equal([
      [0, 'iptables'],
      [1, 'ipvs:rr'],
      [2, 'ideal:power_of_choices'],
      [3, 'as-written'],
    ]);
    expect(cells.map((cell) => cell.scenario.cluster.kubeProxy.mode)).to.deep.equal(['iptables', 'ipvs', 'ipvs', 'ipvs']);
    expect(cells.map((cell) => cell.scenario.clients[0].balancer?.policy ?? null)).to.deep.equal([null, null, 'power_of_choices', null]);
    expect(notApplicable).to.deep.equal([]);
  });

  it('take the balancer from the clients where kube-proxy is to choose, and leave its other words', async () => {
    const own = '{ name: shop, target: "http://web/", arrivals: { rate: 10/s }, balancer: { plane: ideal, policy: random } }';
    const { cells } = await load(scenario(own, ', kubeProxy: { mode: ipvs, scheduler: rr, minSyncPeriod: 7s }'), 'iptables,as-written');
    expect(cells.map((cell) => cell.scenario.clients[0].balancer?.policy ?? null)).to.deep.equal([null, 'random']);
    expect(cells[0].scenario.cluster.kubeProxy).to.deep.include({ mode: 'iptables', minSyncPeriodNs: 7e9 });
  });

  it('multiply with the axes, strategies outermost', async () => {
    const { cells } = await load(scenario(INSIDE), 'l4', { vary: ['run.duration=10s,20s'] });
    expect(cells[1].axes).to.deep.equal({ strategy: cells[0].axes.strategy, duration: '20s' });
    expect(cells.map(({ id }) => id)).to.deep.equal(cells.map((_, i) => i));
  });

  it('that cannot apply are told of with the reason; when none can, the input is wrong', async () => {
    const outside = '{ name: shop, from: external, target: "http://node-1:30080/", arrivals: { rate: 10/s } }';
    const { cells, notApplicable } = await load(scenario(outside), 'iptables,ideal:random');
    expect(cells.map(({ axes }) => axes.strategy)).to.deep.equal(['iptables']);
    expect(notApplicable).to.deep.equal([
      { name: 'ideal:random', reason: 'no client asks a Service by its name (http://node-1:30080/), so none knows pods to choose from' },
    ]);
    const error = await load(scenario(outside), 'l7').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ScenarioError);
  });

  for (const [what, strategies, more, problem] of [
    ['a name that is none', 'iptabels', {}, 'no such strategy "iptabels" (did you mean iptables?)'],
    ['the flag that sets the same', 'iptables', { kubeProxy: 'ipvs' }, 'sets what --strategies sets'],
  ] as const) {
    it(`refuse ${what}`, async () => {
      const error = await load(scenario(INSIDE), strategies, more).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ScenarioError);
      expect((error as Error).message).to.include(problem);
    });
  }
});
