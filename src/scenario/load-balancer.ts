/** `cluster.loadBalancer`: its kind, and the knobs that this kind has; whatever is left out has the real one's default. */
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import type { LoadBalancerSpec } from './scenario.ts';
import type { ClusterInput } from './schema-source.ts';

type Input = NonNullable<ClusterInput['loadBalancer']>;
type Kind = LoadBalancerSpec['kind'];
type Knob = Exclude<keyof Input, 'kind'>;

const SECOND = 1e9;
const MINUTE = 60 * SECOND;

interface KindDefaults {
  readonly knobs: readonly Knob[];
  readonly idleTimeoutNs: number;
  /** Shortest and longest that the real one lets be written. */
  readonly idleTimeoutRange: readonly [number, number];
  readonly health: LoadBalancerSpec['healthCheck'];
}

const NO_HEALTH = { intervalNs: 0, healthyThreshold: 0, unhealthyThreshold: 0 };
const ANY_TIME: readonly [number, number] = [SECOND, 86400 * SECOND];
const check = (seconds: number, healthyThreshold: number, unhealthyThreshold: number) => ({
  intervalNs: seconds * SECOND,
  healthyThreshold,
  unhealthyThreshold,
});

/** Idle time-outs: reference l4.md part 7. Health checks: what each platform's controller sets for Services of type LoadBalancer. */
const KINDS: Readonly<Record<Kind, KindDefaults>> = {
  'flow-hash': { knobs: ['healthCheck'], idleTimeoutNs: 0, idleTimeoutRange: ANY_TIME, health: check(10, 2, 2) },
  nlb: {
    knobs: ['targets', 'crossZone', 'stickiness', 'preserveClientIp', 'idleTimeout', 'healthCheck'],
    idleTimeoutNs: 350 * SECOND,
    idleTimeoutRange: [60 * SECOND, 6000 * SECOND],
    health: check(10, 3, 3), // aws-load-balancer-controller docs/guide/service/annotations.md
  },
  gcp: {
    knobs: ['hash', 'weighted', 'idleTimeout', 'healthCheck'],
    idleTimeoutNs: 60 * SECOND, // external; 600 s for internal ones
    idleTimeoutRange: [60 * SECOND, 57600 * SECOND],
    health: check(8, 1, 3), // ingress-gce pkg/healthchecksl4: 8 s, 1 healthy, 3 unhealthy
  },
  azure: {
    knobs: ['hash', 'idleTimeout', 'tcpReset', 'healthCheck'],
    idleTimeoutNs: 4 * MINUTE,
    idleTimeoutRange: [4 * MINUTE, 100 * MINUTE],
    health: check(5, 1, 2), // cloud-provider-azure: probe interval 5 s, 2 probes
  },
  'metallb-l2': { knobs: [], idleTimeoutNs: 0, idleTimeoutRange: ANY_TIME, health: NO_HEALTH },
  'metallb-bgp': { knobs: ['hash', 'resilient'], idleTimeoutNs: 0, idleTimeoutRange: ANY_TIME, health: NO_HEALTH },
  servicelb: { knobs: [], idleTimeoutNs: 0, idleTimeoutRange: ANY_TIME, health: NO_HEALTH },
};

/** Fields that a router or cloud can be told to hash. */
const HASHES: Readonly<Partial<Record<Kind, readonly LoadBalancerSpec['hash'][]>>> = {
  gcp: ['5-tuple', '3-tuple', '2-tuple', '1-tuple'],
  azure: ['5-tuple', '3-tuple', '2-tuple'],
  'metallb-bgp': ['5-tuple', '3-tuple'],
};

export function readLoadBalancer(context: Context, path: Path, input: Input = { kind: 'flow-hash' }): LoadBalancerSpec {
  const { kind } = input;
  const defaults = KINDS[kind];
  for (const knob of Object.keys(input) as (keyof Input)[]) {
    if (knob === 'kind' || defaults.knobs.includes(knob)) continue;
    const known = defaults.knobs.length === 0 ? `${kind} has none` : `${kind} has ${defaults.knobs.join(', ')}`;
    context.issue([...path, knob], `a knob that kind: ${kind} does not have`, undefined, known);
  }
  const { targets = 'instance', hash = '5-tuple' } = input;
  const hashes = HASHES[kind] ?? [];
  if (input.hash !== undefined && hashes.length > 0 && !hashes.includes(hash))
    context.issue([...path, 'hash'], `a hash that kind: ${kind} does not have`, hash, hashes.join(', '));
  return {
    kind,
    targets,
    crossZone: isOn(input.crossZone, false),
    stickiness: input.stickiness ?? 'none',
    preserveClientIp: isOn(input.preserveClientIp, targets === 'instance'),
    hash,
    weighted: isOn(input.weighted, false),
    resilient: isOn(input.resilient, false),
    idleTimeoutNs: readIdleTimeout(context, [...path, 'idleTimeout'], input.idleTimeout, defaults),
    tcpReset: isOn(input.tcpReset, false),
    healthCheck: readHealthCheck(context, [...path, 'healthCheck'], input.healthCheck, defaults.health),
  };
}

function isOn(value: 'on' | 'off' | boolean | undefined, byDefault: boolean): boolean {
  return value === undefined ? byDefault : value === true || value === 'on';
}

function readIdleTimeout(context: Context, path: Path, text: string | undefined, { idleTimeoutNs, idleTimeoutRange }: KindDefaults): number {
  const [shortest, longest] = idleTimeoutRange;
  const written = context.timeNs(path, text, idleTimeoutNs);
  if (text !== undefined && (written < shortest || written > longest))
    context.issue(path, 'idle time-out out of range', text, `${shortest / SECOND}s to ${longest / SECOND}s`);
  return written;
}

function readHealthCheck(
  context: Context,
  path: Path,
  input: Input['healthCheck'],
  defaults: LoadBalancerSpec['healthCheck'],
): LoadBalancerSpec['healthCheck'] {
  const intervalNs = context.timeNs([...path, 'interval'], input?.interval, defaults.intervalNs);
  if (input?.interval !== undefined && intervalNs < SECOND)
    context.issue([...path, 'interval'], 'health checks more often than once a second', input.interval, '1s and more');
  return {
    intervalNs,
    healthyThreshold: input?.healthyThreshold ?? defaults.healthyThreshold,
    unhealthyThreshold: input?.unhealthyThreshold ?? defaults.unhealthyThreshold,
  };
}
