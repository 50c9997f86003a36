/** What a scenario builds: the cluster at time 0 as kubectl would show it, and what the API server refuses. */
import { type Issue, ScenarioError } from '../errors.ts';
import { bringUp, describeCluster, type ObjectTable, stoppedClock } from '../kubernetes/index.ts';
import type { Scenario } from '../scenario/scenario.ts';

export type { ObjectTable };

/** @throws ScenarioError with every object that the API server refuses, in its own words */
export function describeScenario(scenario: Scenario): readonly ObjectTable[] {
  const { nodes, addressSeed, kubernetesVersion } = scenario.cluster;
  const { cluster, problems } = bringUp({ nodes, addressSeed, kubernetesVersion }, scenario.objects, stoppedClock);
  const issues: Issue[] = problems.map(({ object, error }) => ({
    where: object.origin ?? '-',
    path: `${object.kind}/${object.metadata.name}`,
    problem: error.message,
  }));
  if (issues.length > 0) throw new ScenarioError(issues);
  return describeCluster(cluster);
}
