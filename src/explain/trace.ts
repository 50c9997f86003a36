/**
 * `trace`: where one request goes, and why. START READING HERE.
 *
 * The cluster is put together once, as a replication is, and left at time 0: every request meets it at rest, and none leaves a mark. So
 * the same request with the same seed has the same answer, alone or among thousands.
 */
import { nodeAddress, parseIpv4 } from '../kubernetes/index.ts';
import type { ClientPlace, Scenario, TargetUrl } from '../scenario/scenario.ts';
import { type Assembly, assemble } from '../simulation/assemble.ts';
import { AtRest } from '../simulation/at-rest.ts';
import { namespaceOf, placeMembers } from '../simulation/clients.ts';
import { refuseProblems } from '../simulation/offered-load.ts';
import type { TraceAnswer } from './answer.ts';
import { type Caller, Walk, type WalkOptions } from './walk.ts';

export interface TraceRequest {
  readonly target: TargetUrl;
  readonly from: ClientPlace;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case; `host` here counts before the URL's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly seed: string;
  /** Name of the scenario's client that sends it: its address, and its own balancer, are used; `null` = somebody at `from`. */
  readonly client: string | null;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

export class Tracer {
  private readonly assembly: Assembly;

  /** @throws ScenarioError with every object that the API server refuses */
  constructor(scenario: Scenario, seed: string) {
    this.assembly = assemble(scenario, seed, 0);
    refuseProblems(this.assembly);
  }

  trace(request: TraceRequest, options: WalkOptions = { hasTables: false, without: '' }): TraceAnswer {
    const { target, method, path, headers } = request;
    const { host = hostHeader(target), ...others } = headers;
    const atRest = new AtRest(this.assembly, request.seed);
    return new Walk(this.assembly, atRest, { target, method, sent: { host, path, headers: others } }, this.callerOf(request, atRest), options).go();
  }

  private callerOf({ client, from, target }: TraceRequest, atRest: AtRest): Caller {
    const { world } = this.assembly;
    const namespace = namespaceOf(from);
    const entry = world.clients.find(({ spec }) => spec.name === client);
    if (entry !== undefined) {
      const port = world.planes.ports.find((candidate) => candidate.service === entry.planeService && candidate.port === target.port);
      const plane = entry.spec.balancer === null || port === undefined ? null : { config: entry.spec.balancer, port, name: `client ${entry.spec.name} 0` };
      return { place: entry.place[0], namespace, address: entry.address[0], plane };
    }
    const place = placeMembers(world, from, 1)[0];
    return { place, namespace, address: this.addressAt(from, place, atRest), plane: null };
  }

  /** Source address of somebody there: a pod's, a node's, or one of the world outside. */
  private addressAt(from: ClientPlace, place: number, atRest: AtRest): number {
    const { world, broughtUp } = this.assembly;
    const { pods, workloads, nodeNames } = world;
    if (from.type === 'external' || from.type === 'vpc') return atRest.outsideAddress();
    const pod = from.type === 'workload' ? pods.workload.findIndex((workload) => workloads[workload].spec.key === from.workload) : -1;
    if (pod >= 0) return pods.address[pod];
    const node = broughtUp.cluster.get('Node', '', nodeNames[place]);
    return (node === undefined ? null : parseIpv4(nodeAddress(node, 'InternalIP') ?? '')) ?? 0;
  }
}

/** The Host header of a URL: the port only when it is not the scheme's own. */
function hostHeader({ scheme, host, port }: TargetUrl): string {
  return DEFAULT_PORTS[scheme] === port ? host : `${host}:${port}`;
}
