/**
 * The life of a request. START READING HERE.
 *
 *   client ─► connection? ─► hop ─► pod's queue ─► own service ─► calls to other services ─► hop back ─► recorder
 *              │ none free                 │ full                    │ each call is a request of its own,
 *              └ connecting.ts             └ refused                 │ from this pod, through the same steps
 *                (L4 picks a pod)                                    └ an ingress proxy picks per request and forwards
 *
 *   step          event        method       asks
 *   arrives       ARRIVAL      arrive       workload/arrivals
 *   asks for a connection      ask          client-side balancer, connecting.ts
 *   is sent                    send         network/topology
 *   reaches the pod REACHED    reach        pods/servers
 *   gets a slot                start        the workload's law
 *   is served     SERVED       serve        the workload's calls, the proxy's rules
 *   goes back                  respond      network/topology
 *   is answered   ANSWERED     answer       balancer's feedback, recorder
 *   or ends early TIMED_OUT, QUEUE_TIMED_OUT, CONNECT_FAILED …   fail
 *
 * A row of `Exchanges` is freed when its caller knows the outcome and nothing refers to it any more. Hops without delay are method
 * calls, not events.
 */
import { type Balancer, createFlow, DROP, type Flow, type Outcome, REJECT } from '../balancers/index.ts';
import type { EventHandler } from '../engine/kernel.ts';
import { LARGEST_SLOT } from '../engine/kernel.ts';
import { ExperimentError } from '../errors.ts';
import type { Parts } from '../measurement/recorder.ts';
import { REFUSED, STARTS } from '../pods/servers.ts';
import { keyedBits, mix32, toUniform } from '../random/stream.ts';
import type { Connecting, Waiters } from './connecting.ts';
import {
  AGE_GRACE_OVER,
  AGED,
  ANSWERED,
  ARRIVAL,
  BALANCER_TIMER,
  CONNECT_FAILED,
  CONNECTED,
  CONTROL,
  FREE,
  IDLE_CHECK,
  MOVE,
  OPEN_EAGERLY,
  QUEUE_TIMED_OUT,
  REACHED,
  SERVED,
  SHARE_DUE,
  THOUGHT,
  TIMED_OUT,
  TIMER,
} from './events.ts';
import {
  ABANDONED,
  ANNOUNCED,
  CALLING,
  CHOSEN,
  COUNTED,
  ENDED,
  FORWARDED,
  HOLDS_SLOT,
  IN_SERVICE,
  KILLED,
  ON_THE_WAY,
  PROXIED,
  QUEUED,
  RETURNING,
  WAIT_IS_BOUNDED,
  WAITS_FOR_CONNECTION,
} from './exchanges.ts';
import { OK, outcome, outcomeName } from './outcomes.ts';
import type { Ticker } from './ticker.ts';
import { type Call, type ClientEntry, STOPPING, type Workload, type World } from './world.ts';

const NONE = -1;
const REJECTED = outcome('rejected');
const TIMEOUT = outcome('timeout');
const QUEUE_TIMEOUT = outcome('queue-timeout');
const RESET = outcome('reset');
const CALL_FAILED = outcome('call-failed');
const UNAVAILABLE = outcome('unavailable');
const REFUSED_CONNECTION = outcome('refused');
const NOT_FOUND = outcome('not-found');
const BAD_GATEWAY = outcome('bad-gateway');
const NO_ROUTE = outcome('no-route');
const CONNECT_TIMEOUT = outcome('connect-timeout');

/** nginx tries other endpoints after a connection error: proxy_next_upstream_tries of ingress-nginx (l7.md 2.9). */
const PROXY_TRIES = 3;

/** Legs of the way, which draw their delay independently. */
const THERE = 1;
const BACK = 2;

export class RequestPath implements EventHandler, Waiters {
  private readonly kernel: World['kernel'];
  private readonly exchanges: World['exchanges'];
  private readonly pools: World['pools'];
  private readonly connections: World['connections'];
  private readonly servers: World['servers'];
  private readonly pods: World['pods'];
  private readonly recorder: World['recorder'];
  private readonly topology: World['topology'];
  private readonly lanes: World['lanes'];
  private readonly targets: World['targets'];
  private readonly clients: World['clients'];
  /** Somebody balances by unfinished work, so it has to be kept. */
  private readonly tracksWork: boolean;
  private readonly fromNs: number;
  private readonly toNs: number;
  private readonly connecting: Connecting;
  private readonly ticker: Ticker;
  private readonly maxInFlight: number;
  private readonly flow: Flow = createFlow();
  private readonly outcome: Outcome = { ok: true, latencyNs: 0 };
  private readonly parts: Parts = { clientWait: 0, connect: 0, network: 0, queueWait: 0, service: 0, call: 0, progress: 0 };
  /** Which balancer chose the pod of an exchange, to be told how it went; `null` = none. By slot. */
  private readonly chosenBy: (Balancer | null)[] = [];
  /** Delay and lanes by packed way, when latencies are constant. */
  private readonly delayOf = new Float64Array(4096).fill(NONE);
  private readonly reachedLane = new Int32Array(4096).fill(NONE);
  private readonly answeredLane = new Int32Array(4096).fill(NONE);
  /** Told when the last request has left a pod that takes nothing new. */
  private drained: (pod: number) => void = () => undefined;
  /** Client requests of the cohort that have not ended. */
  private openCounted = 0;
  private countedAttemptsOpen = 0;
  private countedCallsOpen = 0;

  constructor(world: World, connecting: Connecting, ticker: Ticker, maxInFlight: number) {
    this.kernel = world.kernel;
    this.exchanges = world.exchanges;
    this.pools = world.pools;
    this.connections = world.connections;
    this.servers = world.servers;
    this.pods = world.pods;
    this.recorder = world.recorder;
    this.topology = world.topology;
    this.lanes = world.lanes;
    this.targets = world.targets;
    this.clients = world.clients;
    this.tracksWork = world.tracksWork;
    this.fromNs = world.fromNs;
    this.toNs = world.toNs;
    this.connecting = connecting;
    this.ticker = ticker;
    this.maxInFlight = Math.min(maxInFlight, LARGEST_SLOT);
  }

  onDrained(drained: (pod: number) => void): void {
    this.drained = drained;
  }

  handle(kind: number, slot: number): void {
    switch (kind) {
      case ARRIVAL:
        return this.arrive(slot);
      case SERVED:
        return this.serve(slot);
      case REACHED:
        return this.reach(slot);
      case ANSWERED:
        return this.answer(slot);
      case CONNECTED:
        return this.connecting.connected(slot);
      case CONNECT_FAILED:
        return this.connecting.failed(slot);
      case TIMED_OUT:
        return this.timedOut(slot);
      case THOUGHT:
        return this.thought(slot);
      case SHARE_DUE:
        return this.shareDue(slot);
      case QUEUE_TIMED_OUT:
        return this.queueTimedOut(slot);
      case IDLE_CHECK:
        return this.connecting.idleCheck(slot);
      case AGED:
        return this.connecting.aged(slot);
      case AGE_GRACE_OVER:
        return this.connecting.ageGraceOver(slot);
      case OPEN_EAGERLY:
        return this.connecting.openEagerly(slot);
      case BALANCER_TIMER:
        return this.ticker.fire(slot);
    }
  }

  /** Lets an entry's clients begin: the first arrival, every user's first pause, eager connections. */
  startClients(entry: ClientEntry): void {
    const { kernel } = this;
    if (entry.arrivals !== null) {
      const first = entry.arrivals.next();
      if (first !== Infinity) kernel.scheduleArrival(first, ARRIVAL, entry.index);
    } else {
      for (let member = 0; member < entry.members; member++) this.think(entry, member, member - entry.members);
    }
    if (entry.target.isEager && entry.balancers === null) {
      for (let member = 0; member < entry.members; member++) kernel.schedule(0, CONTROL, OPEN_EAGERLY, entry.poolBase + member);
    }
  }

  // --- arrival -----------------------------------------------------------------------------------------------------------------

  /** The next request of an open-loop entry. */
  private arrive(index: number): void {
    const entry = this.clients[index];
    const kernel = this.kernel;
    const arrivals = entry.arrivals as NonNullable<ClientEntry['arrivals']>;
    const intended = kernel.now;
    const next = arrivals.next();
    if (next !== Infinity) kernel.scheduleArrival(next, ARRIVAL, index);
    const number = entry.nextNumber++;
    const member = entry.members === 1 ? 0 : entry.pickMember(keyedBits(entry.keys.member.high, entry.keys.member.low, number));
    this.begin(entry, member, number, intended);
  }

  /** A user of a closed loop has thought. Users are numbered over all entries. */
  private thought(user: number): void {
    const entry = this.entryOfUser(user);
    const member = user - entry.base;
    const number = entry.rounds[member]++ * entry.members + member;
    this.begin(entry, member, number, this.kernel.now);
  }

  /** A client request starts. */
  private begin(entry: ClientEntry, member: number, number: number, intended: number): void {
    const { exchanges, recorder, kernel } = this;
    const demandBits = keyedBits(entry.keys.demand.high, entry.keys.demand.low, number);
    const slot = this.take(entry, member, number, 0, demandBits, entry.target.index);
    exchanges.parent[slot] = NONE;
    exchanges.intended[slot] = intended;
    exchanges.requestClass[slot] =
      entry.spec.requests.length === 1 ? 0 : entry.pickClass(keyedBits(entry.keys.requestClass.high, entry.keys.requestClass.low, number));
    if (intended < this.toNs) {
      entry.trafficHash = hashTraffic(entry.trafficHash, intended, member, demandBits);
      if (intended >= this.fromNs) {
        exchanges.flags[slot] = COUNTED;
        this.openCounted++;
        this.countedAttemptsOpen++;
        recorder.requestOffered(entry.index, intended);
      }
    }
    const lane = entry.target.timeoutLane;
    if (lane !== NONE) kernel.scheduleInLane(lane, slot);
    this.ask(slot, entry);
  }

  private take(entry: ClientEntry, member: number, number: number, path: number, demandBits: number, target: number): number {
    const { exchanges } = this;
    if (exchanges.slots.used >= this.maxInFlight) throw new ExperimentError(this.overload());
    const slot = exchanges.slots.take();
    exchanges.client[slot] = entry.index;
    exchanges.member[slot] = member;
    exchanges.number[slot] = number;
    exchanges.path[slot] = path;
    exchanges.demandBits[slot] = demandBits;
    exchanges.target[slot] = target;
    exchanges.service[slot] = NONE;
    exchanges.flags[slot] = 0;
    exchanges.pending[slot] = 0;
    exchanges.connectNs[slot] = 0;
    return slot;
  }

  private overload(): string {
    const { kernel } = this;
    return `more than ${this.maxInFlight} requests and calls are in flight at ${(kernel.now / 1e9).toFixed(1)}s of simulated time: the offered load exceeds what the pods can serve and nothing bounds the queue (give the workload a queue limit or a time-out, lower the rate, or raise run.maxInFlight)`;
  }

  // --- to the pod --------------------------------------------------------------------------------------------------------------

  /** A client request looks for a connection: its own client-side plane chooses the pod, or the network will. */
  private ask(slot: number, entry: ClientEntry): void {
    const exchanges = this.exchanges;
    const member = exchanges.member[slot];
    if (entry.balancers === null) {
      this.askPool(slot, entry.poolBase + member);
      return;
    }
    const balancer = entry.balancers[member];
    const flow = this.flow;
    flow.client = entry.base + member;
    flow.sourceAddress = entry.address[member];
    flow.demandNs = 0;
    const pod = balancer.pick(flow);
    exchanges.service[slot] = entry.planeService;
    if (pod < 0) {
      this.refuse(slot, pod);
      return;
    }
    this.chosenBy[slot] = balancer;
    exchanges.flags[slot] |= CHOSEN;
    exchanges.pod[slot] = pod;
    this.announce(slot, pod);
    balancer.started(pod, exchanges.demandNs[slot]);
    this.askPool(slot, this.connecting.planePool(entry, member, pod));
  }

  /** The demand that comes to a pod, from the moment somebody has chosen it. */
  private announce(slot: number, pod: number): void {
    const { exchanges, servers } = this;
    const demand = this.demandOf(slot, pod);
    exchanges.demandNs[slot] = demand;
    exchanges.flags[slot] |= ANNOUNCED;
    if (this.tracksWork) servers.workNs[pod] += demand;
  }

  /** The refusal of a balancer that chooses per request. */
  private refuse(slot: number, refusal: number): void {
    this.fail(slot, refusal === REJECT ? REFUSED_CONNECTION : refusal === DROP ? TIMEOUT : UNAVAILABLE, NONE);
  }

  /** Takes an available connection of the pool, or waits for one. */
  askPool(slot: number, pool: number): void {
    const { exchanges, connections, pools, kernel } = this;
    exchanges.pool[slot] = pool;
    const connection = connections.available(pools, pool);
    if (connection !== NONE && pools.waiting[pool] === 0) {
      this.use(slot, connection);
      return;
    }
    exchanges.state[slot] = WAITS_FOR_CONNECTION;
    exchanges.connection[slot] = NONE;
    exchanges.asked[slot] = kernel.now;
    pools.enqueue(pool, slot);
    this.connecting.ensure(pool);
  }

  /** The request goes out on this connection. */
  use(slot: number, connection: number): void {
    const { exchanges, connections } = this;
    exchanges.connection[slot] = connection;
    exchanges.pod[slot] = connections.pod[connection];
    const service = connections.service[connection];
    if (service !== NONE) exchanges.service[slot] = service;
    this.connecting.occupy(connection);
    exchanges.sent[slot] = this.kernel.now;
    exchanges.state[slot] = ON_THE_WAY;
    this.hop(slot, connections.way[connection], THERE);
  }

  /** One way between caller and pod; without delay the other end is called at once. */
  private hop(slot: number, way: number, leg: number): void {
    const { kernel, topology } = this;
    if (!topology.isConstant) {
      const exchanges = this.exchanges;
      const noise = this.clients[exchanges.client[slot]].keys.noise;
      const delay = topology.drawDelay(way, noise.high ^ exchanges.path[slot], noise.low + leg, exchanges.number[slot]);
      if (delay > 0) {
        kernel.schedule(kernel.now + delay, MOVE, leg === THERE ? REACHED : ANSWERED, slot);
        return;
      }
    } else {
      let delay = this.delayOf[way];
      if (delay < 0) delay = this.prepareWay(way);
      if (delay > 0) {
        kernel.scheduleInLane(leg === THERE ? this.reachedLane[way] : this.answeredLane[way], slot);
        return;
      }
    }
    if (leg === THERE) this.reach(slot);
    else this.answer(slot);
  }

  private prepareWay(way: number): number {
    const { topology, lanes } = this;
    const delay = topology.meanDelay(way);
    this.delayOf[way] = delay;
    if (delay > 0) {
      this.reachedLane[way] = lanes.get(REACHED, delay, MOVE);
      this.answeredLane[way] = lanes.get(ANSWERED, delay, MOVE);
    }
    return delay;
  }

  // --- in the pod --------------------------------------------------------------------------------------------------------------

  private reach(slot: number): void {
    const { exchanges, servers, recorder, kernel, pods } = this;
    const pod = exchanges.pod[slot];
    const now = kernel.now;
    const flags = exchanges.flags[slot];
    if ((flags & KILLED) !== 0) return this.free(slot);
    exchanges.reached[slot] = now;
    if ((flags & COUNTED) !== 0) {
      const entry = this.clients[exchanges.client[slot]];
      const member = exchanges.member[slot];
      // A proxied request is still its client's: stickiness behind a proxy is about who asks, not about the proxy.
      const origin = this.originOf(slot);
      const isClients = exchanges.parent[origin] === NONE;
      const key = isClients ? entry.sourceKey[member] : this.pools.key[exchanges.pool[origin]];
      recorder.reached(pod, exchanges.service[slot], isClients ? entry.group[member] : NONE, key, now);
    }
    const workload = pods.model[pod];
    const admission = servers.admission(pod);
    if (admission === REFUSED) {
      if ((flags & COUNTED) !== 0) recorder.rejected(pod);
      exchanges.started[slot] = now;
      exchanges.served[slot] = now;
      this.forgetWork(slot);
      this.respond(slot, REJECTED);
      return;
    }
    this.hold(pod);
    recorder.pods.level(pod, ++servers.inSystem[pod]);
    if ((flags & ANNOUNCED) === 0) this.announce(slot, pod);
    if (admission === STARTS) {
      this.start(slot, pod, workload, now);
      return;
    }
    exchanges.state[slot] = QUEUED;
    servers.enqueue(pod, slot);
    this.boundWait(slot, workload, now);
  }

  /** Schedules the end of a wait in the queue, when the workload bounds it. */
  private boundWait(slot: number, workload: Workload, now: number): void {
    const { timeoutNs } = workload.spec.queue;
    if (timeoutNs === 0 && workload.patience === null) return;
    const { exchanges, kernel } = this;
    let bound = timeoutNs > 0 ? timeoutNs : Infinity;
    if (workload.patience !== null) {
      const key = workload.patienceKey;
      const bits = keyedBits(key.high ^ exchanges.path[slot] ^ exchanges.client[slot], key.low, exchanges.number[slot]);
      bound = Math.min(bound, Math.round(workload.patience.sample(bits)));
    }
    exchanges.flags[slot] |= WAIT_IS_BOUNDED; // the event refers to the row
    kernel.schedule(now + bound, TIMER, QUEUE_TIMED_OUT, slot);
  }

  private queueTimedOut(slot: number): void {
    const { exchanges, servers, kernel } = this;
    exchanges.flags[slot] &= ~WAIT_IS_BOUNDED;
    if (exchanges.state[slot] === ENDED) return this.free(slot);
    if (exchanges.state[slot] !== QUEUED) return;
    const pod = exchanges.pod[slot];
    servers.remove(pod, slot);
    exchanges.started[slot] = kernel.now;
    exchanges.served[slot] = kernel.now;
    this.leavePod(slot, pod);
    this.respond(slot, QUEUE_TIMEOUT);
  }

  /** The request has a slot: its own service begins. */
  private start(slot: number, pod: number, workload: Workload, now: number): void {
    const { exchanges, servers, kernel } = this;
    servers.busy[pod]++;
    if (this.tracksWork) servers.serviceBegun(pod, now);
    exchanges.flags[slot] |= HOLDS_SLOT;
    exchanges.started[slot] = now;
    exchanges.state[slot] = IN_SERVICE;
    const sharing = workload.isSharing ? this.pods.sharing[pod] : null;
    if (sharing === null) {
      kernel.schedule(now + exchanges.demandNs[slot], FREE, SERVED, slot);
      return;
    }
    sharing.add(slot, exchanges.demandNs[slot], now);
    kernel.schedule(sharing.due, FREE, SHARE_DUE, pod);
  }

  /** Own-service demand of a request at a pod [integer ns]. */
  private demandOf(slot: number, pod: number): number {
    const { exchanges, pods } = this;
    const workload = pods.model[pod];
    let law = workload.service;
    if (workload.byRoute !== null) law = this.routeLaw(slot, workload.byRoute, law);
    return Math.round(law.sample(exchanges.demandBits[slot]) / pods.speed[pod]);
  }

  private routeLaw(slot: number, byRoute: NonNullable<Workload['byRoute']>, fallback: Workload['service']): Workload['service'] {
    const path = this.pathOf(slot);
    for (const route of byRoute) {
      if (path === route.path || route.path === '/' || path.startsWith(route.path.endsWith('/') ? route.path : `${route.path}/`)) return route.law;
    }
    return fallback;
  }

  /** Path of an exchange's URL. */
  private pathOf(slot: number): string {
    const { exchanges, clients, targets } = this;
    const origin = this.originOf(slot);
    if (exchanges.parent[origin] === NONE) return clients[exchanges.client[slot]].spec.requests[exchanges.requestClass[origin]].path;
    return targets[exchanges.target[origin]].url.path;
  }

  /** The client request or call that an exchange is, or that proxies have sent on. */
  private originOf(slot: number): number {
    const { flags, parent } = this.exchanges;
    let origin = slot;
    while ((flags[origin] & FORWARDED) !== 0) origin = parent[origin];
    return origin;
  }

  /** Jobs of a processor-sharing pod that are done by now. Events for a time that has changed since are stale. */
  private shareDue(pod: number): void {
    const { kernel, pods } = this;
    const sharing = pods.sharing[pod];
    const now = kernel.now;
    if (sharing === null || sharing.due !== now) return;
    this.hold(pod); // with the jobs that end now
    for (let job = sharing.takeFinished(now); job !== NONE; job = sharing.takeFinished(now)) this.serve(job);
    if (sharing.due >= 0) kernel.schedule(sharing.due, FREE, SHARE_DUE, pod);
  }

  /** Own service is over: call other services, let a proxy forward, or answer. */
  private serve(slot: number): void {
    const { exchanges, pods, kernel, servers } = this;
    if ((exchanges.flags[slot] & KILLED) !== 0) return this.free(slot);
    const pod = exchanges.pod[slot];
    const workload = pods.model[pod];
    exchanges.served[slot] = kernel.now;
    if (this.tracksWork) servers.serviceEnded(pod, exchanges.started[slot]);
    this.forgetWork(slot);
    if (workload.proxy !== null) {
      exchanges.state[slot] = CALLING;
      exchanges.step[slot] = 0;
      exchanges.flags[slot] |= PROXIED;
      exchanges.viaNetwork[slot] = 0;
      exchanges.viaQueue[slot] = 0;
      exchanges.viaService[slot] = 0;
      this.forward(slot, pod, workload);
      return;
    }
    if (workload.steps.length > 0) {
      exchanges.state[slot] = CALLING;
      exchanges.step[slot] = 0;
      exchanges.outcome[slot] = OK;
      if (!workload.spec.holdWhileCalling) this.releaseSlot(slot, pod);
      this.nextStep(slot, workload);
      return;
    }
    this.finish(slot, OK);
  }

  /** The pod is done with the request. */
  private finish(slot: number, result: number): void {
    this.leavePod(slot, this.exchanges.pod[slot]);
    this.respond(slot, result);
  }

  /** Frees slot and place in the pod, and lets the next in line start. */
  private leavePod(slot: number, pod: number): void {
    const { exchanges, servers, recorder, kernel } = this;
    const now = kernel.now;
    this.forgetWork(slot);
    this.hold(pod);
    servers.inSystem[pod]--;
    recorder.pods.left(pod, exchanges.reached[slot]);
    if ((exchanges.flags[slot] & HOLDS_SLOT) !== 0) this.freeSlot(slot, pod, now);
    if (servers.inSystem[pod] === 0 && this.pods.phase[pod] === STOPPING) this.drained(pod);
  }

  /** The announced demand is done, or will not come. */
  private forgetWork(slot: number): void {
    const { exchanges, servers } = this;
    if ((exchanges.flags[slot] & ANNOUNCED) === 0) return;
    exchanges.flags[slot] &= ~ANNOUNCED;
    if (this.tracksWork) servers.workNs[exchanges.pod[slot]] -= exchanges.demandNs[slot];
  }

  /** Gives the slot back while the request stays in the pod (asynchronous server). */
  private releaseSlot(slot: number, pod: number): void {
    const now = this.kernel.now;
    this.hold(pod);
    this.freeSlot(slot, pod, now);
  }

  private freeSlot(slot: number, pod: number, now: number): void {
    const { exchanges, servers, recorder, pods } = this;
    const workload = pods.model[pod];
    exchanges.flags[slot] &= ~HOLDS_SLOT;
    servers.busy[pod]--;
    if (!workload.isSharing) recorder.pods.released(pod, exchanges.started[slot]);
    const next = servers.dequeue(pod);
    if (next !== NONE) this.start(next, pod, workload, now);
  }

  /** Accounts for the pod's state until now. */
  private hold(pod: number): void {
    const { servers, recorder, pods } = this;
    const sharing = pods.sharing[pod];
    recorder.pods.hold(pod, servers.inSystem[pod], sharing === null ? servers.busy[pod] : sharing.busyCores);
  }

  // --- calls -------------------------------------------------------------------------------------------------------------------

  /** Starts the calls of the next step that has any; without further steps the pod answers. */
  private nextStep(slot: number, workload: Workload): void {
    const { exchanges } = this;
    for (;;) {
      const step = exchanges.step[slot]++;
      if (step >= workload.steps.length || exchanges.outcome[slot] !== OK) {
        this.finish(slot, exchanges.outcome[slot]);
        return;
      }
      const calls = workload.steps[step].calls;
      exchanges.pending[slot]++; // keeps the row while its calls start, some of which may end at once
      for (let i = 0; i < calls.length; i++) this.call(slot, calls[i]);
      exchanges.pending[slot]--;
      if (exchanges.pending[slot] > 0) return;
      if ((exchanges.flags[slot] & KILLED) !== 0) return this.free(slot);
    }
  }

  private call(parent: number, call: Call): void {
    const { exchanges, recorder, kernel, targets, pods } = this;
    const entry = this.clients[exchanges.client[parent]];
    const path = mix32(exchanges.path[parent] ^ call.key);
    const number = exchanges.number[parent];
    const key = entry.keys.call;
    if (call.spec.probability < 1 && toUniform(keyedBits(key.high ^ path, key.low, number)) >= call.spec.probability) return;
    const demandBits = keyedBits(entry.keys.demand.high ^ path, entry.keys.demand.low + 1, number);
    const target = targets[call.target];
    const slot = this.take(entry, exchanges.member[parent], number, path, demandBits, call.target);
    exchanges.parent[slot] = parent;
    exchanges.intended[slot] = kernel.now;
    exchanges.requestClass[slot] = call.spec.optional ? 1 : 0;
    exchanges.pending[parent]++;
    if ((exchanges.flags[parent] & COUNTED) !== 0) {
      exchanges.flags[slot] = COUNTED;
      recorder.callBegun();
      this.countedCallsOpen++;
    }
    if (target.timeoutLane !== NONE) kernel.scheduleInLane(target.timeoutLane, slot);
    this.askPool(slot, this.connecting.callerPool(target, exchanges.pod[parent], pods.node[exchanges.pod[parent]]));
  }

  /** A call has ended, as its caller's pod knows. */
  private callEnded(parent: number, result: number, isOptional: boolean): void {
    const { exchanges, pods } = this;
    exchanges.pending[parent]--;
    if (result !== OK && !isOptional) exchanges.outcome[parent] = CALL_FAILED;
    if (exchanges.pending[parent] > 0) return;
    if ((exchanges.flags[parent] & KILLED) !== 0) return this.free(parent);
    this.nextStep(parent, pods.model[exchanges.pod[parent]]);
  }

  // --- through a proxy ---------------------------------------------------------------------------------------------------------

  /** A proxy pod sends the request on by its rules, or answers by itself. */
  private forward(slot: number, pod: number, workload: Workload): void {
    const { exchanges, clients, connections } = this;
    const proxy = workload.proxy as NonNullable<Workload['proxy']>;
    const entry = clients[exchanges.client[slot]];
    const origin = this.originOf(slot);
    const requestClass = exchanges.parent[origin] === NONE ? entry.spec.requests[exchanges.requestClass[origin]] : null; // null: a call
    const { url } = this.targets[exchanges.target[origin]];
    const route = proxy.route(requestClass?.headers.host ?? url.host, requestClass?.path ?? url.path);
    if (route === null) return this.finish(slot, NOT_FOUND);
    const connection = exchanges.connection[slot];
    const worker = connection === NONE ? 0 : connections.worker[connection];
    const balancer = proxy.balancer(route, pod, worker);
    const flow = this.flow;
    const member = exchanges.member[slot];
    flow.client = entry.base + member;
    flow.sourceAddress = requestClass === null ? this.pools.address[exchanges.pool[origin]] : entry.address[member];
    flow.method = requestClass?.method ?? 'GET';
    flow.path = requestClass?.path ?? url.path;
    flow.cookie = requestClass === null ? '' : proxy.cookieOf(route, requestClass.headers.cookie, entry.cookies[member]); // services keep no cookies
    flow.setCookie = '';
    const backend = balancer.pick(flow);
    if (flow.setCookie !== '' && requestClass !== null) entry.cookies[member] = proxy.withCookie(route, entry.cookies[member], flow.setCookie);
    if (backend < 0) {
      if (route.service !== NONE && (exchanges.flags[slot] & COUNTED) !== 0) this.recorder.services[route.service].notAnswered(outcomeName(UNAVAILABLE));
      return this.finish(slot, UNAVAILABLE);
    }
    const child = this.take(entry, member, exchanges.number[slot], mix32(exchanges.path[slot] ^ proxy.key), exchanges.demandBits[slot], proxy.target.index);
    exchanges.parent[child] = slot;
    exchanges.intended[child] = this.kernel.now;
    exchanges.requestClass[child] = exchanges.requestClass[slot];
    exchanges.service[child] = route.service;
    exchanges.flags[child] = (exchanges.flags[slot] & COUNTED) | FORWARDED;
    exchanges.pending[slot]++;
    exchanges.pod[child] = backend;
    this.chosenBy[child] = balancer;
    exchanges.flags[child] |= CHOSEN;
    this.announce(child, backend);
    balancer.started(backend, exchanges.demandNs[child]);
    this.askPool(child, proxy.pool(pod, worker, backend));
  }

  /** The proxied answer is back at the proxy, or the connection to the pod failed: then the proxy tries the next. */
  private forwardEnded(parent: number, child: number, result: number, progress: number): void {
    const { exchanges, pods, kernel } = this;
    exchanges.pending[parent]--;
    if ((exchanges.flags[parent] & KILLED) !== 0) return this.free(parent);
    if (progress >= 3) {
      exchanges.viaQueue[parent] += exchanges.started[child] - exchanges.reached[child];
      exchanges.viaService[parent] += exchanges.served[child] - exchanges.started[child];
      exchanges.viaNetwork[parent] += exchanges.reached[child] - exchanges.sent[child] + (kernel.now - exchanges.responded[child]);
    }
    const isConnectionError = result === REFUSED_CONNECTION || result === NO_ROUTE || result === CONNECT_TIMEOUT;
    if (!isConnectionError && result !== RESET) return this.finish(parent, result);
    const pod = exchanges.pod[parent];
    if (isConnectionError && ++exchanges.step[parent] < PROXY_TRIES) return this.forward(parent, pod, pods.model[pod]);
    this.finish(parent, BAD_GATEWAY);
  }

  // --- back --------------------------------------------------------------------------------------------------------------------

  /** The pod's answer, or its refusal, starts back. */
  private respond(slot: number, result: number): void {
    const { exchanges, connections, kernel } = this;
    exchanges.outcome[slot] = result;
    exchanges.state[slot] = RETURNING;
    exchanges.responded[slot] = kernel.now;
    if ((exchanges.flags[slot] & ABANDONED) !== 0) {
      this.free(slot); // nobody waits for it
      return;
    }
    this.hop(slot, connections.way[exchanges.connection[slot]], BACK);
  }

  /** The answer is back: feedback, records, and the connection is free for the next. */
  private answer(slot: number): void {
    const { exchanges } = this;
    if ((exchanges.flags[slot] & ABANDONED) !== 0) return this.free(slot);
    const result = exchanges.outcome[slot];
    const connection = exchanges.connection[slot];
    exchanges.connection[slot] = NONE;
    if ((exchanges.flags[slot] & COUNTED) !== 0 && result !== REJECTED && result !== QUEUE_TIMEOUT) {
      this.recorder.podDuration(exchanges.pod[slot], this.kernel.now - exchanges.sent[slot]);
    }
    this.end(slot, result, 3);
    if (connection !== NONE) this.connecting.vacate(connection);
    this.free(slot);
  }

  private free(slot: number): void {
    const { exchanges } = this;
    if (exchanges.pending[slot] > 0) return; // a call of it is still out
    if ((exchanges.flags[slot] & WAIT_IS_BOUNDED) !== 0) {
      exchanges.state[slot] = ENDED; // an event still refers to it
      return;
    }
    exchanges.state[slot] = 0;
    exchanges.slots.release(slot);
  }

  // --- endings -----------------------------------------------------------------------------------------------------------------

  /** The caller learns that an attempt which holds no connection has failed; the row is freed. */
  fail(slot: number, result: number, service: number): void {
    if (service !== NONE) this.exchanges.service[slot] = service;
    this.forgetWork(slot);
    this.end(slot, result, 0);
    this.free(slot);
  }

  /** The caller's time-out: it stops waiting, the server goes on unless it notices. */
  private timedOut(slot: number): void {
    const { exchanges, pools } = this;
    if (exchanges.state[slot] === WAITS_FOR_CONNECTION) {
      const pool = exchanges.pool[slot];
      pools.remove(pool, slot);
      this.fail(slot, pools.doom[pool] !== OK ? pools.doom[pool] : TIMEOUT, NONE); // a time-out with its reason
      return;
    }
    const connection = exchanges.connection[slot];
    exchanges.connection[slot] = NONE;
    this.abandon(slot, TIMEOUT);
    this.connecting.abandoned(connection);
  }

  /** The caller knows the outcome before the pod is done. */
  private abandon(slot: number, result: number): void {
    const { exchanges, servers, pods } = this;
    const state = exchanges.state[slot];
    const progress = state === RETURNING ? 3 : state >= IN_SERVICE ? 2 : 1;
    this.end(slot, result, progress);
    exchanges.flags[slot] |= ABANDONED;
    if (state !== QUEUED) return;
    const pod = exchanges.pod[slot];
    if (pods.model[pod].spec.server.cancel !== 'onDisconnect') return;
    servers.remove(pod, slot);
    exchanges.started[slot] = this.kernel.now;
    this.leavePod(slot, pod);
    exchanges.flags[slot] |= KILLED;
    this.free(slot);
  }

  /** The pod has gone away under what it held. Called for each exchange at the pod, in slot order. */
  killed(slot: number, pod: number): void {
    const { exchanges, servers, kernel } = this;
    const state = exchanges.state[slot];
    if (state === 0 || state === ENDED || exchanges.pod[slot] !== pod || state === WAITS_FOR_CONNECTION || (exchanges.flags[slot] & KILLED) !== 0) return;
    if (state === RETURNING) {
      exchanges.connection[slot] = NONE; // the answer is on its way; there will be no connection to give back
      return;
    }
    exchanges.connection[slot] = NONE;
    if ((exchanges.flags[slot] & ABANDONED) === 0) this.abandon(slot, RESET);
    if ((exchanges.flags[slot] & KILLED) !== 0) return; // abandoning it has taken it out of the queue
    exchanges.flags[slot] |= KILLED;
    if (state === ON_THE_WAY) return; // its arrival finds nothing
    if (state === QUEUED) {
      servers.remove(pod, slot);
      exchanges.started[slot] = kernel.now;
    }
    this.forgetWork(slot);
    this.hold(pod);
    servers.inSystem[pod]--;
    this.recorder.pods.left(pod, exchanges.reached[slot]);
    if ((exchanges.flags[slot] & HOLDS_SLOT) !== 0) {
      exchanges.flags[slot] &= ~HOLDS_SLOT;
      servers.busy[pod]--;
      if (!this.pods.model[pod].isSharing) this.recorder.pods.released(pod, exchanges.started[slot]);
    }
    if (state === QUEUED || (state === CALLING && exchanges.pending[slot] === 0)) this.free(slot);
    else if (state === IN_SERVICE && this.pods.model[pod].isSharing) {
      this.pods.sharing[pod]?.clear(); // it dies with its pod: no event of its own would come
      this.free(slot);
    }
  }

  /** A connection broke under what was on it. */
  broken(connection: number, result: number): void {
    const { exchanges } = this;
    for (let slot = 0; slot < exchanges.slots.capacity; slot++) {
      if (exchanges.connection[slot] !== connection || exchanges.state[slot] === 0 || (exchanges.flags[slot] & ABANDONED) !== 0) continue;
      exchanges.connection[slot] = NONE;
      this.abandon(slot, result);
    }
  }

  /** Records the end of an exchange and tells whoever waits for it. `progress` as in `Parts`. */
  private end(slot: number, result: number, progress: number): void {
    const { exchanges, recorder, kernel } = this;
    const now = kernel.now;
    const flags = exchanges.flags[slot];
    const parent = exchanges.parent[slot];
    exchanges.generation[slot]++;
    const duration = now - exchanges.intended[slot];
    if ((flags & CHOSEN) !== 0) {
      const balancer = this.chosenBy[slot] as Balancer;
      this.outcome.ok = result === OK;
      this.outcome.latencyNs = duration;
      balancer.finished(exchanges.pod[slot], this.outcome, exchanges.demandNs[slot]);
    }
    if (parent === NONE) {
      if ((flags & COUNTED) !== 0) this.recordRequest(slot, result, progress, duration);
      const entry = this.clients[exchanges.client[slot]];
      if (entry.thinkTime !== null) this.think(entry, exchanges.member[slot], exchanges.number[slot]);
      return;
    }
    const service = exchanges.service[slot];
    const leaf = recorder.leafOf(NONE, service);
    if ((flags & FORWARDED) !== 0) {
      if ((flags & COUNTED) !== 0)
        recorder.forwardEnded(leaf, result, duration, exchanges.started[slot] - exchanges.reached[slot], result === REJECTED ? 1 : progress);
      this.forwardEnded(parent, slot, result, progress);
      return;
    }
    if ((flags & COUNTED) !== 0) {
      this.countedCallsOpen--;
      recorder.callEnded(leaf, result, duration, exchanges.started[slot] - exchanges.reached[slot], result === REJECTED ? 1 : progress);
      if (progress === 0 && service >= 0) recorder.services[service].notAnswered(outcomeName(result));
    }
    this.callEnded(parent, result, exchanges.requestClass[slot] === 1);
  }

  private recordRequest(slot: number, result: number, progress: number, duration: number): void {
    const { exchanges, recorder, kernel } = this;
    const parts = this.parts;
    const intended = exchanges.intended[slot];
    const sent = exchanges.sent[slot];
    const reached = exchanges.reached[slot];
    const started = exchanges.started[slot];
    const served = exchanges.served[slot];
    parts.progress = result === REJECTED ? 1 : progress;
    parts.connect = exchanges.connectNs[slot];
    parts.clientWait = sent - intended - parts.connect;
    const isProxied = (exchanges.flags[slot] & PROXIED) !== 0;
    const viaQueue = isProxied ? exchanges.viaQueue[slot] : 0;
    const viaService = isProxied ? exchanges.viaService[slot] : 0;
    const viaNetwork = isProxied ? exchanges.viaNetwork[slot] : 0;
    parts.queueWait = started - reached + viaQueue;
    parts.service = served - started + viaService;
    parts.call = exchanges.responded[slot] - served - viaQueue - viaService - viaNetwork;
    parts.network = reached - sent + (kernel.now - exchanges.responded[slot]) + viaNetwork;
    const service = exchanges.service[slot];
    recorder.requestEnded(exchanges.client[slot], recorder.leafOf(exchanges.client[slot], service), result, intended, duration, parts);
    if (progress === 0 && service >= 0) recorder.services[service].notAnswered(outcomeName(result));
    this.countedAttemptsOpen--;
    if (--this.openCounted === 0 && kernel.now >= this.toNs) kernel.stop();
  }

  /** A user of a closed loop thinks, then sends the next request. */
  private think(entry: ClientEntry, member: number, number: number): void {
    const { kernel } = this;
    const key = entry.keys.think;
    const law = entry.thinkTime as NonNullable<ClientEntry['thinkTime']>;
    const pause = Math.round(law.sample(keyedBits(key.high, key.low, number + entry.members)));
    kernel.scheduleArrival(kernel.now + pause, THOUGHT, entry.base + member);
  }

  private entryOfUser(user: number): ClientEntry {
    const { clients } = this;
    let index = clients.length - 1;
    while (clients[index].base > user) index--;
    return clients[index];
  }

  // --- the end of the window and of the run ------------------------------------------------------------------------------------

  /** Brings every pod's accounts up to now and adds what is still in the pods: both sides of the laws are complete. */
  settle(): void {
    const { exchanges, recorder, kernel, pods } = this;
    if (this.openCounted === 0) kernel.stop();
    for (let pod = 0; pod < pods.count; pod++) this.hold(pod);
    for (let slot = 0; slot < exchanges.slots.capacity; slot++) {
      const state = exchanges.state[slot];
      if (state !== QUEUED && state !== IN_SERVICE && state !== CALLING) continue;
      if ((exchanges.flags[slot] & KILLED) !== 0) continue;
      const pod = exchanges.pod[slot];
      recorder.pods.left(pod, exchanges.reached[slot]);
      const isSharing = pods.model[pod].isSharing;
      if ((exchanges.flags[slot] & HOLDS_SLOT) !== 0 && !isSharing) recorder.pods.released(pod, exchanges.started[slot]);
    }
  }

  /** What of the cohort is still open, per client entry; and attempts and calls. */
  stillOpen(): { clients: number[]; attempts: number; calls: number } {
    const { exchanges, clients, recorder } = this;
    const open = clients.map(() => 0);
    for (let slot = 0; slot < exchanges.slots.capacity; slot++) {
      const flags = exchanges.flags[slot];
      const state = exchanges.state[slot];
      if (state === 0 || state === ENDED || (flags & COUNTED) === 0 || (flags & ABANDONED) !== 0 || exchanges.parent[slot] !== NONE) continue;
      open[exchanges.client[slot]]++;
      recorder.requestInFlight(recorder.leafOf(exchanges.client[slot], exchanges.service[slot]), exchanges.intended[slot]);
    }
    return { clients: open, attempts: this.countedAttemptsOpen, calls: this.countedCallsOpen };
  }
}

function hashTraffic(hash: number, intended: number, member: number, demandBits: number): number {
  let h = Math.imul(hash ^ (intended | 0), 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 15)) + member, 0xc2b2ae35);
  return Math.imul((h ^ (h >>> 13)) + demandBits, 0x27d4eb2f);
}
