/** What a scenario builds: the cluster at time 0, as kubectl would show it. */
import { bringUp, describeCluster, type ObjectTable, stoppedClock } from '../kubernetes/index.ts';
import type { Scenario } from '../scenario/scenario.ts';

export type { ObjectTable };

/** Objects that the API server refuses are missing; `planStudy` has named them. */
export function describeScenario(scenario: Scenario): readonly ObjectTable[] {
  const { nodes, addressSeed, kubernetesVersion } = scenario.cluster;
  return describeCluster(bringUp({ nodes, addressSeed, kubernetesVersion }, scenario.objects, stoppedClock).cluster);
}
