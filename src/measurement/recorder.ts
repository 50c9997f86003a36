/**
 * The recorder: the only thing the request path writes to.
 *
 * Durations are kept per *leaf*, the pair of who asked (a client entry, or a call between services) and which Service answered, so that
 * one record serves the figures of clients, of Services and of the whole: those are sums of leaves.
 * `counted` says that the client request behind an event belongs to the cohort (contract part 3).
 */
import { Histograms, mergeParts } from './histogram.ts';
import { type Clock, PodLoad, type Stay } from './pod-load.ts';
import type { CheckRun, ClientRun, NodeRun, PodRun, RequestPart, RunResult, ServiceRun, SparseHistogram, WindowRun } from './run-result.ts';
import { REQUEST_PARTS } from './run-result.ts';
import { Series } from './series.ts';
import { ServiceLoad } from './service-load.ts';

/** The stations of one request [ns]; those that it did not come to are not read. */
export interface Journey extends Stay {
  /** Client entry, Service that answered (−1 = none), bin of the series. */
  readonly client: number;
  readonly service: number;
  readonly bin: number;
  readonly intended: number;
  readonly connectNs: number;
  readonly sent: number;
  readonly served: number;
  readonly responded: number;
  /** Time spent behind a proxy. */
  readonly viaNetwork: number;
  readonly viaQueue: number;
  readonly viaService: number;
}

// Histograms of a leaf. The parts stand in the order in which a request comes to them.
const SUCCEEDED = 0;
const FAILED = 1;
const CLIENT_WAIT = 2;
const CONNECT = 3;
const QUEUE_WAIT = 4;
const NETWORK = 5;
const SERVICE = 6;
const CALL = 7;
const ROWS = 8;
const ROW_OF: Record<RequestPart, number> = {
  client_wait: CLIENT_WAIT,
  connect_duration: CONNECT,
  queue_wait: QUEUE_WAIT,
  network: NETWORK,
  service_duration: SERVICE,
  call_duration: CALL,
};

/** How far a request came: not sent, sent, in a slot, answered by the pod. Then the parts before `KNOWN_PARTS` are known. */
export type Progress = 0 | 1 | 2 | 3;
const KNOWN_PARTS = [CLIENT_WAIT, QUEUE_WAIT, NETWORK, ROWS];

const NONE = -1;

interface Leaf {
  readonly durations: Histograms;
  /** Durations of success and failure in each further window. */
  readonly windows: Histograms[];
}

export interface RecorderOptions {
  readonly fromNs: number;
  readonly toNs: number;
  /** Starts of further windows, ascending. */
  readonly since: readonly number[];
  /** Names of the client entries; requests of other origins use `CALLS`. */
  readonly clients: readonly string[];
  readonly services: readonly string[];
  /** Names of the rows of the stickiness map. */
  readonly groups: readonly string[];
  /** Outcome 0 is `ok`. */
  readonly outcomes: readonly string[];
  /** Hops that can break a connection; 0 = none. */
  readonly hops: readonly string[];
}

export interface PodDescription {
  readonly name: string;
  readonly node: string;
  readonly workload: string;
  readonly slots: number;
  /** Processor sharing: slots are shared, so the utilisation law has no holding time per request. */
  readonly isSharing: boolean;
}

export class Recorder {
  readonly pods: PodLoad;
  readonly services: readonly ServiceLoad[];
  readonly series: Series;
  private readonly options: RecorderOptions;
  private readonly leaves: (Leaf | undefined)[] = [];
  /** One by pod, side by side: with 1000 pods a run takes a tenth less than with an object each (bench kernel, W4). */
  private readonly podDurations = new Histograms(0);
  private readonly podRequests: number[] = [];
  private readonly podRejected: number[] = [];
  private readonly podConnections: number[] = [];
  /** Open now by pod; when the window closes they are what the result tells. */
  private readonly podOpen: number[] = [];
  private podOpenAtEnd: readonly number[] = [];
  /** Per client entry and outcome; the last column counts what was offered. */
  private readonly requestCounts: Float64Array;
  private readonly callCounts: Float64Array;
  private readonly windowRequests: Float64Array[][] = [];
  private readonly columns: number;
  private readonly since: readonly number[];
  private readonly windows: number;
  private readonly clock: Clock;
  /** Parts of the request that ends now [ns], by row. */
  private readonly parts = new Float64Array(ROWS);
  private callsBegun = 0;
  /** Connections, by time. */
  private opened = 0;
  private refused = 0;
  private timedOut = 0;
  private open = 0;
  private openAtStart = 0;
  private openAtEnd = 0;
  private readonly closedBy: Record<string, number> = { client: 0, server: 0, reset: 0, idle: 0, age: 0 };
  private readonly broken: Float64Array;
  private inWindow = false;

  constructor(options: RecorderOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
    this.since = options.since;
    this.windows = options.since.length;
    this.pods = new PodLoad(clock);
    this.broken = new Float64Array(options.hops.length);
    this.columns = options.outcomes.length + 1;
    this.requestCounts = new Float64Array(options.clients.length * this.columns);
    this.callCounts = new Float64Array(this.columns);
    this.services = options.services.map((name) => new ServiceLoad(name, options.groups.length, options.since));
    this.series = new Series(options.fromNs, options.toNs, clock);
    for (let i = 0; i < options.since.length; i++) this.windowRequests.push(options.services.map(() => new Float64Array(0)));
  }

  /** Leaf number of a client entry (−1 = call between services) and a Service (−1 = none found). */
  private leafOf(client: number, service: number): number {
    return (client + 1) * (this.services.length + 1) + service + 1;
  }

  /** Makes room for pods 0 … count − 1 and keys 0 … keys − 1. */
  resize(count: number, keys: number): void {
    this.pods.resize(count);
    this.series.resize(count);
    for (const service of this.services) service.resize(count, keys);
    this.podDurations.grow(count);
    while (this.podRequests.length < count) {
      this.podRequests.push(0);
      this.podRejected.push(0);
      this.podConnections.push(0);
      this.podOpen.push(0);
    }
    for (const window of this.windowRequests) {
      for (let service = 0; service < window.length; service++) {
        if (window[service].length >= count) continue;
        const wider = new Float64Array(Math.max(16, count * 2));
        wider.set(window[service]);
        window[service] = wider;
      }
    }
  }

  // --- requests, attempts, calls: by cohort ------------------------------------------------------------------------------------

  /** A client request of the cohort starts. Returns the bin of the series it belongs to. */
  requestOffered(client: number): number {
    this.requestCounts[client * this.columns + this.columns - 1]++;
    return this.series.request();
  }

  /** A client request of the cohort has ended. */
  requestEnded(request: Journey, outcome: number, progress: Progress): void {
    this.requestCounts[request.client * this.columns + outcome]++;
    const now = this.clock.now;
    const { intended, connectNs, sent, reached, started, served, responded, viaNetwork, viaQueue, viaService } = request;
    const number = this.leafOf(request.client, request.service);
    const leaf = this.leaves[number] ?? this.createLeaf(number);
    const { durations } = leaf;
    const row = outcome === 0 ? SUCCEEDED : FAILED;
    this.series.ended(request.bin, durations.record(row, now - intended), outcome);
    for (let i = 0; i < this.windows && intended >= this.since[i]; i++) leaf.windows[i].record(row, now - intended);
    const parts = this.parts;
    parts[CLIENT_WAIT] = sent - intended - connectNs;
    parts[CONNECT] = connectNs;
    parts[QUEUE_WAIT] = started - reached + viaQueue;
    parts[NETWORK] = reached - sent + (now - responded) + viaNetwork;
    parts[SERVICE] = served - started + viaService;
    parts[CALL] = responded - served - viaQueue - viaService - viaNetwork;
    const known = KNOWN_PARTS[progress];
    for (let part = CLIENT_WAIT; part < known; part++) durations.record(part, parts[part]);
  }

  /** A client request that had not ended when the run did. */
  requestInFlight(request: Journey): void {
    const number = this.leafOf(request.client, request.service);
    const leaf = this.leaves[number] ?? this.createLeaf(number);
    leaf.durations.recordInfinite(SUCCEEDED);
    for (let i = 0; i < this.windows && request.intended >= this.since[i]; i++) leaf.windows[i].recordInfinite(SUCCEEDED);
  }

  callEnded(call: Journey, outcome: number, progress: Progress): void {
    this.callCounts[outcome]++;
    this.forwardEnded(call, outcome, progress);
  }

  /** A request that a proxy sent on has ended: it counts for the Service behind the proxy. */
  forwardEnded(call: Journey, outcome: number, progress: Progress): void {
    const number = this.leafOf(NONE, call.service);
    const { durations } = this.leaves[number] ?? this.createLeaf(number);
    durations.record(outcome === 0 ? SUCCEEDED : FAILED, this.clock.now - call.intended);
    if (progress >= 2) durations.record(QUEUE_WAIT, call.started - call.reached);
  }

  callBegun(): void {
    this.callsBegun++;
  }

  /** An attempt of the cohort goes out to a pod of `service` (−1 = straight to its address) on a connection with these traits. */
  sent(service: number, traits: number, bytes: number): void {
    if (service >= 0) this.services[service].sent(traits, bytes);
  }

  /** An attempt of the cohort reached a pod through `service` (−1 = straight to its address). `isPromised`: a cookie was to lead it to its last pod. */
  reached(pod: number, service: number, group: number, key: number, isPromised: boolean): void {
    this.podRequests[pod]++;
    this.series.attempt(pod);
    if (service < 0) return;
    const load = this.services[service];
    load.request(pod, group);
    const moved = load.byRequest.unit(key, pod, true);
    if (moved >= 0 && isPromised) load.byRequest.broken(load.isReady(moved) ? 'rehashed' : 'pod gone');
    for (let i = 0; i < this.windows && this.clock.now >= this.since[i]; i++) this.windowRequests[i][service][pod]++;
  }

  rejected(pod: number): void {
    this.podRejected[pod]++;
  }

  /** The pod's answer to an attempt of the cohort is back. */
  podAnswered(pod: number, attempt: Journey): void {
    this.podDurations.record(pod, this.clock.now - attempt.sent);
  }

  /** True inside the measured window. */
  get isMeasuring(): boolean {
    return this.inWindow;
  }

  // --- connections: by time ----------------------------------------------------------------------------------------------------

  connectionOpened(pod: number, service: number): void {
    this.open++;
    this.podOpen[pod]++;
    if (!this.inWindow) return;
    this.opened++;
    this.podConnections[pod]++;
    if (service >= 0) this.services[service].connections[pod]++;
  }

  connectionClosed(pod: number, cause: string): void {
    this.open--;
    this.podOpen[pod]--;
    if (this.inWindow) this.closedBy[cause]++;
  }

  /** A connection turned out to be broken at a hop (number in `hops`). */
  connectionBroken(hop: number): void {
    if (this.inWindow) this.broken[hop]++;
  }

  connectionFailed(isTimeout: boolean): void {
    if (!this.inWindow) return;
    if (isTimeout) this.timedOut++;
    else this.refused++;
  }

  // --- the window --------------------------------------------------------------------------------------------------------------

  openWindow(now: number, inSystem: Int32Array, pods: number): void {
    this.inWindow = true;
    this.openAtStart = this.open;
    this.pods.open(now, inSystem, pods);
    for (const service of this.services) service.openWindow(now);
  }

  closeWindow(now: number): void {
    this.inWindow = false;
    this.openAtEnd = this.open;
    this.podOpenAtEnd = [...this.podOpen];
    this.pods.close();
    for (const service of this.services) service.closeWindow(this.options.fromNs, now);
  }

  // --- the result --------------------------------------------------------------------------------------------------------------

  /** @param inFlight client requests of the cohort that have not ended, per client entry; and attempts, calls. */
  result(
    run: { cell: number; replication: number; trafficHash: string; endNs: number; events: number },
    pods: readonly PodDescription[],
    open: { clients: readonly number[]; attempts: number; calls: number },
    nodes: readonly NodeRun[],
    checks: readonly CheckRun[],
  ): RunResult {
    const { options } = this;
    const clients = options.clients.map((name, client) => this.clientRun(name, client, open.clients[client]));
    const services = this.services.map((service, index) => this.serviceRun(service, index));
    const offered = total(clients, (client) => client.offered);
    const byOutcome = addAll(clients.map((client) => client.byOutcome));
    const completed = clients.reduce((sum, client) => sum + client.offered - client.failed - client.inFlight, 0);
    const callOutcomes = this.outcomes(this.callCounts, 0);
    return {
      cell: run.cell,
      replication: run.replication,
      trafficHash: run.trafficHash,
      window: { fromNs: options.fromNs, toNs: options.toNs, endNs: run.endNs },
      requests: {
        offered,
        completed,
        failed: total(clients, (client) => client.failed),
        inFlight: total(clients, (client) => client.inFlight),
        byOutcome,
      },
      attempts: { begun: offered, byOutcome, inFlight: open.attempts }, // one attempt a request: there are no retries yet
      calls: { begun: this.callsBegun, byOutcome: callOutcomes, inFlight: open.calls },
      connections: {
        opened: this.opened,
        open: this.openAtEnd,
        openAtStart: this.openAtStart,
        closed: Object.fromEntries(
          Object.entries(this.closedBy)
            .filter(([, count]) => count > 0)
            .sort(),
        ),
        refused: this.refused,
        timedOut: this.timedOut,
        brokenBy: Object.fromEntries(options.hops.map((name, hop): [string, number] => [name, this.broken[hop]]).filter(([, count]) => count > 0)),
      },
      clients,
      services,
      pods: pods.map((pod, index) => this.podRun(pod, index)),
      nodes,
      windows: options.since.map((sinceNs, index) => this.windowRun(sinceNs, index)),
      series: this.series.result(pods.length),
      checks: [...this.conservation(clients, callOutcomes, open), ...this.laws(pods), ...checks],
      events: run.events,
    };
  }

  private createLeaf(number: number): Leaf {
    const created: Leaf = { durations: new Histograms(ROWS), windows: this.since.map(() => new Histograms(2)) };
    this.leaves[number] = created;
    return created;
  }

  private leavesOfClient(client: number): Leaf[] {
    const width = this.options.services.length + 1;
    return this.leaves.slice((client + 1) * width, (client + 2) * width).filter((leaf) => leaf !== undefined);
  }

  private leavesOfService(service: number): Leaf[] {
    const width = this.options.services.length + 1;
    return this.leaves.filter((leaf, index) => leaf !== undefined && index % width === service + 1) as Leaf[];
  }

  private outcomes(counts: Float64Array, row: number): Record<string, number> {
    const byOutcome: Record<string, number> = {};
    this.options.outcomes.forEach((name, outcome) => {
      const count = counts[row * this.columns + outcome];
      if (count > 0) byOutcome[name] = count;
    });
    return byOutcome;
  }

  private clientRun(name: string, client: number, inFlight: number): ClientRun {
    const leaves = this.leavesOfClient(client);
    const byOutcome = this.outcomes(this.requestCounts, client);
    const part = (key: RequestPart): SparseHistogram => mergeParts(leaves.map((leaf) => leaf.durations.part(ROW_OF[key])));
    return {
      name,
      offered: this.requestCounts[client * this.columns + this.columns - 1],
      failed: sum(Object.values(byOutcome)) - (byOutcome[this.options.outcomes[0]] ?? 0),
      inFlight,
      byOutcome,
      request_duration: allDurations(leaves.map((leaf) => leaf.durations)),
      request_duration_ok: mergeParts(leaves.map((leaf) => leaf.durations.part(SUCCEEDED))),
      parts: Object.fromEntries(REQUEST_PARTS.map((key) => [key, part(key)])) as Record<RequestPart, SparseHistogram>,
    };
  }

  private serviceRun(service: ServiceLoad, index: number): ServiceRun {
    const leaves = this.leavesOfService(index);
    const pods = service.pods();
    return {
      name: service.name,
      pods,
      requests: Float64Array.from(pods, (pod) => service.requests[pod]),
      connections: Float64Array.from(pods, (pod) => service.connections[pod]),
      readyNs: Float64Array.from(pods, (pod) => service.readyNs[pod]),
      unanswered: Object.fromEntries([...service.unanswered].sort()),
      traffic: service.traffic(),
      hints: service.hints,
      request_duration: allDurations(leaves.map((leaf) => leaf.durations)),
      queue_wait: mergeParts(leaves.map((leaf) => leaf.durations.part(QUEUE_WAIT))),
      stickiness: { byConnection: service.byConnection.result(), byRequest: service.byRequest.result() },
      groups: this.options.groups,
      groupRequests: Float64Array.from(this.options.groups.flatMap((_, group) => service.groupRow(group, pods))),
    };
  }

  private podRun(pod: PodDescription, index: number): PodRun {
    const figures = this.pods.figures(index);
    return {
      name: pod.name,
      node: pod.node,
      workload: pod.workload,
      slots: pod.slots,
      readyNs: figures.readyNs,
      connections: this.podConnections[index],
      openConnections: this.podOpenAtEnd[index] ?? 0,
      requests: this.podRequests[index],
      rejected: this.podRejected[index],
      busyNs: figures.busyNs,
      inSystemArea: figures.area,
      inSystemAreaSquared: figures.areaSquared,
      levelNs: figures.levelNs,
      peakInFlight: figures.peak,
      pod_duration: mergeParts([this.podDurations.part(index)]),
    };
  }

  private windowRun(sinceNs: number, index: number): WindowRun {
    return {
      sinceNs,
      clients: this.options.clients.map((_, client) => {
        const windows = this.leavesOfClient(client).map((leaf) => leaf.windows[index]);
        const ok = mergeParts(windows.map((window) => window.part(SUCCEEDED)));
        const failed = mergeParts(windows.map((window) => window.part(FAILED)));
        return {
          offered: ok.count + ok.infinite + failed.count,
          failed: failed.count,
          request_duration: allDurations(windows),
          request_duration_ok: ok,
        };
      }),
      services: this.services.map((service, s) => {
        const pods = service.pods();
        return {
          requests: Float64Array.from(pods, (pod) => this.windowRequests[index][s][pod]),
          readyNs: Float64Array.from(pods, (pod) => service.readySinceNs[index][pod]),
        };
      }),
    };
  }

  /** begun = ended + still open, at every level. */
  private conservation(clients: readonly ClientRun[], calls: Record<string, number>, open: { attempts: number; calls: number }): CheckRun[] {
    const closed = sum(Object.values(this.closedBy));
    const exact = (name: string, left: number, right: number) => ({ name, left, right, tolerance: 0 });
    return [
      exact(
        'requests: offered = ended + in flight',
        total(clients, (client) => client.offered),
        total(clients, (client) => sum(Object.values(client.byOutcome)) + client.inFlight),
      ),
      exact(
        'attempts: begun = ended + in flight',
        total(clients, (client) => client.offered),
        total(clients, (client) => sum(Object.values(client.byOutcome))) + open.attempts,
      ),
      exact('calls: begun = ended + in flight', this.callsBegun, sum(Object.values(calls)) + open.calls),
      exact('connections: open at start + opened = closed + open at end', this.openAtStart + this.opened, closed + this.openAtEnd),
    ];
  }

  /** Little's law and the utilisation law over the measured window, summed over pods: time integral = sum over requests. */
  private laws(pods: readonly PodDescription[]): CheckRun[] {
    const figures = pods.map((_, pod) => this.pods.figures(pod));
    const slotted = figures.filter((_, pod) => !pods[pod].isSharing);
    return [
      {
        name: "Little's law: integral of requests in pods = sum of their sojourns",
        left: total(figures, (f) => f.area),
        right: total(figures, (f) => f.sojournNs),
        tolerance: 1e-9,
      },
      {
        name: 'utilisation law: integral of busy slots = sum of holding times',
        left: total(slotted, (f) => f.busyNs),
        right: total(slotted, (f) => f.heldNs),
        tolerance: 1e-9,
      },
    ];
  }
}

/** Durations of success and failure together. */
function allDurations(histograms: readonly Histograms[]): SparseHistogram {
  return mergeParts(histograms.flatMap((rows) => [rows.part(SUCCEEDED), rows.part(FAILED)]));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((a, item) => a + value(item), 0);
}

function addAll(records: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const record of records) for (const [name, count] of Object.entries(record)) all[name] = (all[name] ?? 0) + count;
  return all;
}
