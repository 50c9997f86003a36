/**
 * Which Service an HTTP request goes to, by the rules of all Ingress objects of one controller, as ingress-nginx compiles them.
 *
 *     host ─► server: exact host, else `*.` and the rest after one label, else the server without a host
 *     path ─► location of that server only: exact, else the longest prefix; no location: its default backend, else 404
 *
 * Sources: Ingress v1 (`networking/v1/types.go`, KEP-1453); ingress-nginx `internal/ingress/controller/{controller,location}.go`
 * and `template.go`, user guide "ingress path matching". Where the Ingress text leaves things open, nginx decides: a host that has
 * rules never falls back to a wildcard host, and an Ingress's default backend answers for the hosts that it names, or for unknown
 * hosts if it has no rules.
 * Simplified: nginx answers `/foo` with a redirect where only the plain prefix `/foo/` (ImplementationSpecific) is known; here it does not match.
 * Simplified: paths are compared as sent, without decoding and without merging slashes; regular expressions are JavaScript's, not PCRE's.
 */
import { isHarmlessPattern } from './harmless-pattern.ts';

export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

export interface IngressBackend {
  /** Of the Ingress, and so of the Service. */
  readonly namespace: string;
  /** Name of the Ingress. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly service: string;
  /** Number or name of the Service port. */
  readonly port: number | string;
}

/** One path of one rule. */
export interface IngressRule extends IngressBackend {
  /** '' = every host. */
  readonly host: string;
  /** '' is `/`. */
  readonly path: string;
  readonly pathType: PathType;
}

/** `spec.defaultBackend` of an Ingress. */
export interface IngressDefault extends IngressBackend {
  /** The hosts of the Ingress's rules ('' among them for a rule without a host); empty for an Ingress without rules. */
  readonly hosts: readonly string[];
}

/** Where a request goes. `rule` is `null` for a default backend. */
export interface Route {
  readonly backend: IngressBackend;
  readonly rule: IngressRule | null;
}

/** A rule that cannot be served. */
export interface RouteProblem {
  readonly rule: IngressRule;
  readonly problem: string;
}

export interface RouteTable {
  /** Lower-case host, `*.rest` or '' → its server. */
  readonly servers: ReadonlyMap<string, Server>;
  readonly problems: readonly RouteProblem[];
}

interface Server {
  readonly exact: ReadonlyMap<string, Route>;
  /** Longest first. */
  readonly prefixes: readonly { readonly text: string; readonly route: Route }[];
  /** Longest first; then neither exact nor prefixes are used. `null` unless the host has regular expressions. */
  readonly patterns: readonly { readonly pattern: RegExp; readonly route: Route }[] | null;
  readonly fallback: Route | null;
}

/** A location as the controller writes it into nginx's configuration. */
interface Location {
  readonly text: string;
  readonly isExact: boolean;
  readonly rule: IngressRule;
}

const PREFIX = 'nginx.ingress.kubernetes.io/';

/**
 * Compiles the rules of all Ingress objects of one controller, oldest Ingress first: of two rules for the same host, path and
 * type, the first wins.
 */
export function compileRoutes(rules: readonly IngressRule[], defaults: readonly IngressDefault[]): RouteTable {
  const problems: RouteProblem[] = [];
  const byHost = new Map<string, IngressRule[]>();
  for (const rule of rules) {
    const host = rule.host.toLowerCase();
    byHost.set(host, [...(byHost.get(host) ?? []), rule]);
  }
  const ruleless = defaults.find((backend) => backend.hosts.length === 0);
  const servers = new Map<string, Server>();
  if (ruleless !== undefined) servers.set('', compileServer([], ruleless, problems));
  for (const [host, ofHost] of byHost) {
    const own = defaults.find((backend) => backend.hosts.some((named) => named.toLowerCase() === host));
    servers.set(host, compileServer(ofHost, own ?? (host === '' ? ruleless : undefined), problems));
  }
  return { servers, problems };
}

/**
 * @param host as in the Host header; case, port and a final dot do not matter
 * @param path with or without a query
 * @returns `null` when nothing matches: the controller's own 404
 */
export function matchRoute(table: RouteTable, host: string, path: string): Route | null {
  const server = serverOf(table, host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, ''));
  if (server === undefined) return null;
  const plain = path.split('?', 1)[0];
  const found =
    server.patterns === null
      ? (server.exact.get(plain) ?? server.prefixes.find((location) => plain.startsWith(location.text))?.route)
      : server.patterns.find((location) => location.pattern.test(plain))?.route;
  return found ?? server.fallback;
}

/** The path that the pod sees: changed by `rewrite-target`, where `$1` … `$9` are the groups of the rule's path. */
export function forwardedPath(route: Route, path: string): string {
  const { rule } = route;
  if (rule === null || !rewrites(rule)) return path;
  const match = new RegExp(rule.path, 'i').exec(path);
  return match === null ? path : rewriteTarget(rule).replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? '');
}

function serverOf(table: RouteTable, host: string): Server | undefined {
  const dot = host.indexOf('.');
  const wildcard = dot > 0 ? table.servers.get(`*${host.slice(dot)}`) : undefined;
  return table.servers.get(host) ?? wildcard ?? table.servers.get('');
}

function compileServer(rules: readonly IngressRule[], fallback: IngressDefault | undefined, problems: RouteProblem[]): Server {
  const locations = locationsOf(withoutRepeats(rules));
  return {
    exact: new Map(locations.filter((l) => l.isExact).map((l) => [l.text, routeOf(l.rule)])),
    prefixes: longestFirst(locations.filter((l) => !l.isExact)).map((l) => ({ text: l.text, route: routeOf(l.rule) })),
    patterns: rules.some(usesPatterns) ? compilePatterns(locations, problems) : null,
    fallback: fallback === undefined ? null : { backend: fallback, rule: null },
  };
}

function withoutRepeats(rules: readonly IngressRule[]): IngressRule[] {
  const seen = new Set<string>();
  return rules.filter((rule) => {
    const key = `${rule.pathType} ${rule.pathType === 'Prefix' ? withoutSlash(rule.path) : rule.path}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Exact `/p` → `= /p`; Prefix `/p` → `/p/` and, unless there is an Exact rule for it, `= /p`; anything else is a plain prefix. */
function locationsOf(rules: readonly IngressRule[]): Location[] {
  const exact = rules.filter((rule) => rule.pathType === 'Exact').map((rule) => ({ text: rule.path || '/', isExact: true, rule }));
  const taken = new Set(exact.map((location) => location.text));
  const others = rules
    .filter((rule) => rule.pathType !== 'Exact')
    .flatMap((rule) => {
      const text = withoutSlash(rule.path);
      if (rule.pathType !== 'Prefix' || text === '' || usesPatterns(rule)) return [{ text: rule.path || '/', isExact: false, rule }];
      const both = [{ text: `${text}/`, isExact: false, rule }];
      return taken.has(text) ? both : [...both, { text, isExact: true, rule }];
    });
  return [...exact, ...others];
}

/** One rule with a regular expression or a rewrite turns all paths of the host into expressions, matched without regard to case. */
function compilePatterns(locations: readonly Location[], problems: RouteProblem[]): { pattern: RegExp; route: Route }[] {
  const byText = locations.toSorted((a, b) => (a.text < b.text ? 1 : a.text > b.text ? -1 : 0));
  return longestFirst(byText).flatMap(({ text, rule }) => {
    const pattern = toPattern(text);
    if (pattern !== null) return [{ pattern, route: routeOf(rule) }];
    problems.push({ rule, problem: `path "${text}" is no regular expression that can be matched here` });
    return [];
  });
}

function toPattern(text: string): RegExp | null {
  try {
    return isHarmlessPattern(text) ? new RegExp(`^${text}`, 'i') : null;
  } catch {
    return null; // not JavaScript's syntax: there is nothing to match with
  }
}

function longestFirst(locations: readonly Location[]): Location[] {
  return locations.toSorted((a, b) => b.text.length - a.text.length); // stable, so the first of equals stays first
}

function routeOf(rule: IngressRule): Route {
  return { backend: rule, rule };
}

function usesPatterns(rule: IngressRule): boolean {
  return rule.annotations[`${PREFIX}use-regex`] === 'true' || rewrites(rule);
}

function rewrites(rule: IngressRule): boolean {
  return rewriteTarget(rule) !== '' && rewriteTarget(rule) !== rule.path;
}

function rewriteTarget(rule: IngressRule): string {
  return rule.annotations[`${PREFIX}rewrite-target`] ?? '';
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
