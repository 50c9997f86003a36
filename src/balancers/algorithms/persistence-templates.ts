/**
 * ClientIP affinity as IPVS keeps it: one template per client address, with a timer.
 *
 * Every connection of the client restarts the timer. When it runs out while a connection it controls is still tracked
 * (120 s of TIME_WAIT included), it is wound up again with 60 s, and stays at 60 s from then on. So affinity lasts at least
 * as long as the client's connections. The timers are not events here: what they would have done is worked out at the next look.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_core.c` `ip_vs_sched_persist`, `ip_vs_conn.c` `ip_vs_conn_expire`.
 */

// ip_vs_conn.c: a template that still controls connections is re-armed with 60 s
const REARM_NS = 60e9;

interface Template {
  endpoint: number;
  expiresNs: number;
  timeoutNs: number;
  open: number;
  /** Until when a closed connection is still tracked [ns]. */
  heldUntilNs: number;
}

export class PersistenceTemplates {
  private readonly timeoutNs: number;
  private readonly templates = new Map<number, Template>();

  constructor(timeoutNs: number) {
    this.timeoutNs = timeoutNs;
  }

  /** @returns the endpoint the client is kept on, −1 for none */
  find(address: number, nowNs: number): number {
    const template = this.templates.get(address);
    return template === undefined || expiry(template, nowNs) <= nowNs ? -1 : template.endpoint;
  }

  /** When the affinity ends if nothing more happens [ns], after one more connection now. */
  untilNs(address: number, nowNs: number): number {
    const template = this.templates.get(address) as Template;
    return nowNs + (expiry(template, nowNs) > template.expiresNs ? REARM_NS : template.timeoutNs);
  }

  /** A connection of the client goes to the endpoint: restarts its template's timer, or makes a new template. */
  connect(address: number, endpoint: number, nowNs: number): void {
    const template = this.templates.get(address);
    const expiresNs = template === undefined ? 0 : expiry(template, nowNs);
    if (template === undefined || template.endpoint !== endpoint || expiresNs <= nowNs) {
      this.templates.set(address, { endpoint, expiresNs: nowNs + this.timeoutNs, timeoutNs: this.timeoutNs, open: 0, heldUntilNs: 0 });
      return;
    }
    if (expiresNs > template.expiresNs) template.timeoutNs = REARM_NS;
    template.expiresNs = nowNs + template.timeoutNs;
  }

  opened(address: number, endpoint: number): void {
    const template = this.templates.get(address);
    if (template !== undefined && template.endpoint === endpoint) template.open++;
  }

  /** @param heldUntilNs until when IPVS goes on tracking the closed connection */
  closed(address: number, endpoint: number, heldUntilNs: number): void {
    const template = this.templates.get(address);
    if (template === undefined || template.endpoint !== endpoint || template.open === 0) return;
    template.open--;
    template.heldUntilNs = Math.max(template.heldUntilNs, heldUntilNs);
  }
}

/** The end of the timer, with all the times it was wound up again until now. */
function expiry(template: Template, nowNs: number): number {
  const { expiresNs } = template;
  if (expiresNs > nowNs) return expiresNs;
  const controlledUntilNs = template.open > 0 ? Number.POSITIVE_INFINITY : template.heldUntilNs;
  // Runs out at expires, + 60 s, + 120 s …: wound up at each of these that is past and before the last connection is gone.
  const times = controlledUntilNs > nowNs ? Math.floor((nowNs - expiresNs) / REARM_NS) + 1 : Math.ceil((controlledUntilNs - expiresNs) / REARM_NS);
  return expiresNs + Math.max(0, times) * REARM_NS;
}
