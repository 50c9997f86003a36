/** How an attempt, a request or a call can end. Outcome 0 is success; the names stand in the result's `byOutcome`. */
export const OUTCOMES = [
  'ok',
  'refused', // nothing listens there, or no endpoint: connection refused at once
  'timeout', // the caller's time-out
  'connect-timeout', // the packets were dropped; the system gave up connecting
  'unknown-host', // NXDOMAIN
  'no-route', // the address answers to nobody, or not from here
  'node-not-public', // a node's address, from outside, but the node has no public address
  'rejected', // the pod's queue was full: 503
  'queue-timeout', // waited too long in the pod's queue: 503
  'reset', // the pod went away under the request
  'call-failed', // a call to another service failed: 500
  'not-found', // the proxy knows no rule for it: 404
  'unavailable', // the proxy has no endpoint for it: 503
  'bad-gateway', // the proxy could not reach the pod it chose: 502
  'conntrack-full', // the node's connection table was full; the packets were dropped
  'snat-ports', // the node had no source port left for its pod; the packets were dropped
] as const;

export type OutcomeName = (typeof OUTCOMES)[number];

/** Number of an outcome. */
export function outcome(name: OutcomeName): number {
  return OUTCOMES.indexOf(name);
}

export function outcomeName(number: number): string {
  return OUTCOMES[number];
}

export const OK = 0;
