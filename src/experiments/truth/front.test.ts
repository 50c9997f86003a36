/** What stands before the nodes, and clients that balance by DNS: closed forms of truth.json section 4 and the rows of l4.md 8.6. */
import { expect } from 'chai';
import { replicate, type Setting, serviceManifest } from '../../testing/truth-scenario.ts';

const TRIALS_AT_ONCE = 25;

describe('DNS-balanced clients', () => {
  /** Twelve clients on one connection each, to the first address of what DNS answers, for each of 25 headless Services of the same pods. */
  const headless = (replications: number, dns: string): Setting => {
    const names = Array.from({ length: TRIALS_AT_ONCE }, (_, i) => `trial-${i}`);
    const twelve = (name: string) =>
      `{ name: ${name}, count: 12, from: nodes, target: "http://${name}:8080/", protocol: { type: grpc, connect: eager }, arrivals: { process: deterministic, rate: 1/s } }`;
    return {
      replicas: 4,
      objects: names.map((name) => serviceManifest(name, 'web', 'clusterIP: None')),
      workload: '{ service: 0s }',
      clients: `[ ${names.map(twelve).join(', ')} ]`,
      cluster: `nodes: { count: 1 }, dns: { ${dns} }`,
      seconds: 1,
      warmup: '0s',
      replications,
    };
  };
  const connectionsPerPod = async (setting: Setting): Promise<number[][]> =>
    (await replicate(setting)).flatMap((run) => run.services.filter(({ name }) => name.includes('trial')).map(({ connections }) => [...connections]));

  it('K13-headless-pick-first: the busiest of 4 pods has 4.863 of 12 clients, and one pod is idle in 12.5 % of the runs', async () => {
    const trials = await connectionsPerPod(headless(100, ''));
    const mean = trials.reduce((sum, counts) => sum + Math.max(...counts), 0) / trials.length;
    const unused = trials.filter((counts) => counts.includes(0)).length / trials.length;
    expect(trials).to.have.length(2500);
    expect(mean).to.be.closeTo(4.86307, 0.02 * 4.86307); // its standard error is 0.02
    expect(unused).to.be.closeTo(0.125241, 0.02); // three standard errors
  });

  it('K13-headless-pick-first: without shuffling all twelve meet on the first pod', async () => {
    for (const counts of await connectionsPerPod(headless(1, 'shuffle: off'))) expect(counts).to.deep.equal([12, 0, 0, 0]);
  });
});
