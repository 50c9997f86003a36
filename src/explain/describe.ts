/** What a scenario builds: the cluster at time 0, as kubectl would show it, with what was assumed marked. */
import { bringUp, type Cluster, describeCluster, loadBalancerAddresses, type ObjectTable, stoppedClock } from '../kubernetes/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { ingressesServed, isController, servicesInFront, withController } from '../simulation/ingress-controllers.ts';

export type { ObjectTable };

const NONE = '<none>';

/** Objects that the API server refuses are missing; loading the scenario has named them. */
export function describeScenario({ objects, cluster: spec }: Scenario): readonly ObjectTable[] {
  const all = withController(objects, spec).objects;
  const { nodes, addressSeed, kubernetesVersion } = spec;
  const { cluster } = bringUp({ nodes, addressSeed, kubernetesVersion }, all, stoppedClock);
  const assumed = new Set(all.slice(objects.length).map(({ kind, metadata }) => `${metadata.namespace} ${kind} ${metadata.name}`));
  return describeCluster(cluster).map((table) =>
    table.resource === 'ingresses' ? withAddresses(table, cluster, spec.ingress.class) : noteAssumed(table, assumed),
  );
}

/** What stands in front of the controller that serves an Ingress, as kubectl shows it. */
function withAddresses(table: ObjectTable, cluster: Cluster, className: string): ObjectTable {
  const inFront = cluster
    .list('Deployment')
    .filter(isController)
    .flatMap((controller) => servicesInFront(cluster, controller))
    .flatMap(loadBalancerAddresses);
  const address = inFront.length === 0 ? NONE : inFront.join(',');
  const served = new Set(ingressesServed(cluster, className).map(({ metadata }) => `${metadata.namespace} ${metadata.name}`));
  const at = table.columns.indexOf('PORTS');
  return {
    ...table,
    columns: table.columns.toSpliced(at, 0, 'ADDRESS'),
    rows: table.rows.map((row) => row.toSpliced(at, 0, served.has(`${row[0]} ${row[1]}`) ? address : NONE)),
  };
}

/** Names of rows by the table they stand in. */
const KINDS: Readonly<Record<string, (name: string) => string>> = {
  workloads: (name) => `Deployment ${name.replace(/^deployment\//, '')}`,
  services: (name) => `Service ${name}`,
};

/** A column says which objects no manifest has; tables without such stay as they are. */
function noteAssumed(table: ObjectTable, assumed: ReadonlySet<string>): ObjectTable {
  const idOf = KINDS[table.resource];
  const isAssumed = ([namespace, name]: readonly string[]) => idOf !== undefined && assumed.has(`${namespace} ${idOf(name)}`);
  if (!table.rows.some(isAssumed)) return table;
  return { ...table, columns: [...table.columns, 'NOTE'], rows: table.rows.map((row) => [...row, isAssumed(row) ? 'assumed' : '']) };
}
