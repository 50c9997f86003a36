/**
 * The life of a request. START READING HERE.
 *
 *   client ─► connection? ─► hop ─► pod's queue ─► own service ─► calls to other services ─► hop back ─► recorder
 *              │ none free                 │ full                    │ each call is a request of its own, from this
 *              └ connecting.ts             └ refused                 │ pod, through the same steps: calling.ts
 *                (L4 picks a pod)                                    └ an ingress proxy picks per request: proxying.ts
 *
 *   step          event        method       asks
 *   arrives       ARRIVAL      arrive       workload/arrivals
 *   asks for a connection      ask          client-side balancer, connecting.ts
 *   is sent                    send         network/topology
 *   reaches the pod REACHED    reach        pods/servers
 *   gets a slot                start        the workload's law
 *   is served     SERVED       serve        calling.ts, proxying.ts
 *   goes back                  respond      network/topology
 *   is answered   ANSWERED     answer       balancer's feedback, recorder
 *   or ends early TIMED_OUT, QUEUE_TIMED_OUT, CONNECT_FAILED …   fail
 *
 * An exchange is free for the next when its caller knows the outcome and nothing refers to it any more. Hops without delay are method
 * calls, not events.
 */
import { createFlow, DROP, type Flow, type Outcome, REJECT } from '../balancers/index.ts';
import type { EventHandler } from '../engine/kernel.ts';
import { LARGEST_SLOT } from '../engine/kernel.ts';
import { ExperimentError } from '../errors.ts';
import type { Progress } from '../measurement/recorder.ts';
import * as ADMISSION from '../pods/servers.ts';
import * as STREAM from '../random/stream.ts';
import { Calling } from './calling.ts';
import type { Connecting, Waiters } from './connecting.ts';
import * as EVENTS from './events.ts';
import type { Exchange } from './exchanges.ts';
import * as EXCHANGES from './exchanges.ts';
import * as OUTCOMES from './outcomes.ts';
import { Proxying, type ProxyOrigin, rootOf } from './proxying.ts';
import type { Ticker } from './ticker.ts';
import { type ClientEntry, STOPPING, type Workload, type World } from './world.ts';

// Constants of this module: V8 folds them, while each use of an imported one loads and checks it (six instructions).
const { ARRIVAL, THOUGHT, CONNECTED, CONNECT_FAILED, REACHED, SERVED, SHARE_DUE, ANSWERED, TIMED_OUT, QUEUE_TIMED_OUT, IDLE_CHECK } = EVENTS;
const { AGED, AGE_GRACE_OVER, BALANCER_TIMER, OPEN_EAGERLY, BROKEN, LOST, CONTROL, FREE, MOVE, TIMER } = EVENTS;
const { WAITS_FOR_CONNECTION, ON_THE_WAY, QUEUED, IN_SERVICE, CALLING, RETURNING, ENDED } = EXCHANGES;
const { COUNTED, ABANDONED, KILLED, HOLDS_SLOT, FORWARDED, WAIT_IS_BOUNDED, ANNOUNCED, STICKY, UNANSWERED } = EXCHANGES;
const { OK } = OUTCOMES;
const { REFUSED, STARTS } = ADMISSION;
const { keyedBits } = STREAM;

const NONE = -1;
const REJECTED = OUTCOMES.outcome('rejected');
const TIMEOUT = OUTCOMES.outcome('timeout');
const QUEUE_TIMEOUT = OUTCOMES.outcome('queue-timeout');
const UNAVAILABLE = OUTCOMES.outcome('unavailable');
const REFUSED_CONNECTION = OUTCOMES.outcome('refused');

/** Legs of the way, which draw their delay independently. */
const THERE = 1;
const BACK = 2;

export class RequestPath implements EventHandler, Waiters, ProxyOrigin {
  private readonly kernel: World['kernel'];
  private readonly exchanges: World['exchanges'];
  private readonly all: World['exchanges']['all'];
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
  private readonly feelsPackets: boolean;
  private readonly fromNs: number;
  private readonly toNs: number;
  private readonly connecting: Connecting;
  private readonly calling: Calling;
  private readonly proxying: Proxying;
  private readonly ticker: Ticker;
  private readonly maxInFlight: number;
  private readonly flow: Flow = createFlow();
  private readonly outcome: Outcome = { ok: true, latencyNs: Number.NaN }; // a float from the start
  /** Delay and lanes by packed way, when latencies are constant. */
  private readonly delayOf = new Float64Array(4096).fill(NONE);
  private readonly reachedLane = new Int32Array(4096).fill(NONE);
  private readonly answeredLane = new Int32Array(4096).fill(NONE);
  /** Told when the last request has left a pod that takes nothing new. */
  private drained: (pod: number) => void = () => undefined;
  /** Client requests of the cohort that have not ended. */
  private openCounted = 0;
  private countedAttemptsOpen = 0;

  constructor(world: World, connecting: Connecting, ticker: Ticker, maxInFlight: number) {
    this.kernel = world.kernel;
    this.exchanges = world.exchanges;
    this.all = world.exchanges.all;
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
    this.feelsPackets = world.planes.proxy.feelsPackets;
    this.fromNs = world.fromNs;
    this.toNs = world.toNs;
    this.connecting = connecting;
    this.calling = new Calling(world, connecting, this);
    this.proxying = new Proxying(world, this);
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
        return this.serve(this.all[slot]);
      case REACHED:
        return this.reach(this.all[slot]);
      case ANSWERED:
        return this.answer(this.all[slot]);
      case CONNECTED:
        return this.connecting.connected(slot);
      case CONNECT_FAILED:
        return this.connecting.failed(slot);
      case TIMED_OUT:
        return this.timedOut(this.all[slot]);
      case THOUGHT:
        return this.thought(slot);
      case SHARE_DUE:
        return this.shareDue(slot);
      case QUEUE_TIMED_OUT:
        return this.queueTimedOut(this.all[slot]);
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
      case LOST:
        return this.lost(this.all[slot]);
      case BROKEN:
        return this.connecting.foundBroken(slot);
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
    const { recorder, kernel } = this;
    const demandBits = keyedBits(entry.keys.demand.high, entry.keys.demand.low, number);
    const exchange = this.take(entry, member, number, 0, demandBits, entry.target.index);
    exchange.intended = intended;
    exchange.requestClass =
      entry.spec.requests.length === 1 ? 0 : entry.pickClass(keyedBits(entry.keys.requestClass.high, entry.keys.requestClass.low, number));
    if (intended < this.toNs) {
      entry.trafficHash = hashTraffic(entry.trafficHash, intended, member, demandBits);
      if (intended >= this.fromNs) {
        exchange.flags |= COUNTED;
        this.openCounted++;
        this.countedAttemptsOpen++;
        exchange.bin = recorder.requestOffered(entry.index);
      }
    }
    const lane = entry.target.timeoutLane;
    if (lane !== NONE) kernel.scheduleInLane(lane, exchange.slot);
    this.ask(exchange, entry);
  }

  /** A new exchange; its chance is that of its root request. */
  take(entry: ClientEntry, member: number, number: number, path: number, demandBits: number, target: number): Exchange {
    const { slots } = this.exchanges;
    if (slots.used >= this.maxInFlight) throw new ExperimentError(this.overload());
    const exchange = this.all[slots.take()];
    exchange.client = entry.index;
    exchange.member = member;
    exchange.number = number;
    exchange.path = path;
    exchange.demandBits = demandBits;
    exchange.target = target;
    exchange.parent = null;
    exchange.service = NONE;
    exchange.pending = 0;
    exchange.connectNs = 0;
    exchange.viaNetwork = 0;
    exchange.viaQueue = 0;
    exchange.viaService = 0;
    exchange.flags = 0;
    exchange.chosenBy = null;
    return exchange;
  }

  private overload(): string {
    const { kernel, pools, servers } = this;
    let inClients = 0;
    let inQueues = 0;
    for (let pool = 0; pool < pools.count; pool++) inClients += pools.waiting[pool];
    for (let pod = 0; pod < servers.count; pod++) inQueues += servers.waiting[pod];
    const where = `${inClients} wait for a connection, ${inQueues} in the queues of pods`;
    return `more than ${this.maxInFlight} requests and calls are in flight at ${(kernel.now / 1e9).toFixed(1)}s of simulated time: ${where} (give clients a timeout or more connections, workloads a queue limit, lower the rate, or raise run.maxInFlight)`;
  }

  // --- to the pod --------------------------------------------------------------------------------------------------------------

  /** A client request looks for a connection: its own client-side plane chooses the pod, or the network will. */
  private ask(exchange: Exchange, entry: ClientEntry): void {
    const member = exchange.member;
    if (entry.balancers === null) {
      this.askPool(exchange, entry.poolBase + member);
      return;
    }
    const balancer = entry.balancers[member];
    const flow = this.flow;
    flow.client = entry.base + member;
    flow.sourceAddress = entry.address[member];
    flow.demandNs = 0;
    const pod = balancer.pick(flow);
    exchange.service = entry.planeService;
    if (pod < 0) {
      this.refuse(exchange, pod);
      return;
    }
    exchange.chosenBy = balancer;
    exchange.pod = pod;
    this.announce(exchange, pod);
    balancer.started(pod, exchange.demandNs);
    this.askPool(exchange, this.connecting.planePool(entry, member, pod));
  }

  /** The demand that comes to a pod, from the moment somebody has chosen it. */
  announce(exchange: Exchange, pod: number): void {
    const { servers } = this;
    const demand = this.demandOf(exchange, pod);
    exchange.demandNs = demand;
    exchange.flags |= ANNOUNCED;
    if (this.tracksWork === true) servers.workNs[pod] += demand;
  }

  /** The refusal of a balancer that chooses per request. */
  private refuse(exchange: Exchange, refusal: number): void {
    this.fail(exchange, refusal === REJECT ? REFUSED_CONNECTION : refusal === DROP ? TIMEOUT : UNAVAILABLE, NONE);
  }

  /** Takes an available connection of the pool, or waits for one. */
  askPool(exchange: Exchange, pool: number): void {
    const { connections, pools, kernel } = this;
    exchange.pool = pool;
    const connection = connections.available(pools, pool);
    if (connection !== NONE && pools.waiting[pool] === 0) {
      this.use(exchange, connection);
      return;
    }
    exchange.state = WAITS_FOR_CONNECTION;
    exchange.connection = NONE;
    exchange.asked = kernel.now;
    pools.enqueue(pool, exchange.slot);
    this.connecting.ensure(pool);
  }

  /** The request goes out on this connection. */
  use(exchange: Exchange, connection: number): void {
    const { connections } = this;
    exchange.connection = connection;
    exchange.pod = connections.pod[connection];
    const service = connections.service[connection];
    if (service !== NONE) exchange.service = service;
    if ((exchange.flags & COUNTED) !== 0) this.recorder.sent(exchange.service, connections.traits[connection], this.bytesOf(exchange));
    const now = this.kernel.now;
    const fate = now - connections.quietSince[connection] > connections.quietLimit[connection] ? this.connecting.meetHops(connection) : OK;
    this.connecting.occupy(connection);
    exchange.sent = now;
    exchange.state = ON_THE_WAY;
    if (fate !== OK) return this.sendLost(exchange, connection, fate);
    if (this.feelsPackets === true) this.connecting.packet(connection);
    this.hop(exchange, connections.way[connection], THERE);
  }

  /** Of a client's request, there and back; of calls nobody says how large they are. */
  private bytesOf(exchange: Exchange): number {
    const isClients = exchange.parent === null || (exchange.flags & FORWARDED) !== 0;
    return isClients ? this.clients[exchange.client].bytes[exchange.requestClass] : 0;
  }

  /** The request goes out on a connection that a hop has forgotten: it reaches nobody. */
  private sendLost(exchange: Exchange, connection: number, fate: number): void {
    exchange.outcome = fate;
    if (this.connecting.isSilent(connection, fate)) {
      exchange.flags |= UNANSWERED;
      return;
    }
    this.kernel.schedule(this.connecting.brokenDue(connection, fate), MOVE, LOST, exchange.slot);
  }

  /** Nothing came of the request; its caller may have given up before. */
  private lost(exchange: Exchange): void {
    this.forgetWork(exchange);
    if ((exchange.flags & ABANDONED) === 0) {
      const connection = exchange.connection;
      exchange.connection = NONE;
      this.end(exchange, exchange.outcome, 1);
      this.connecting.lost(connection);
    }
    this.free(exchange);
  }

  /** One way between caller and pod; without delay the other end is called at once. */
  private hop(exchange: Exchange, way: number, leg: number): void {
    const { kernel, topology } = this;
    if (topology.isConstant !== true) {
      const noise = this.clients[exchange.client].keys.noise;
      const delay = topology.drawDelay(way, noise.high ^ exchange.path, noise.low + leg, exchange.number);
      if (delay > 0) {
        kernel.schedule(kernel.now + delay, MOVE, leg === THERE ? REACHED : ANSWERED, exchange.slot);
        return;
      }
    } else {
      let delay = this.delayOf[way];
      if (delay < 0) delay = this.prepareWay(way);
      if (delay > 0) {
        kernel.scheduleInLane(leg === THERE ? this.reachedLane[way] : this.answeredLane[way], exchange.slot);
        return;
      }
    }
    if (leg === THERE) this.reach(exchange);
    else this.answer(exchange);
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

  private reach(exchange: Exchange): void {
    const { servers, recorder, kernel, pods } = this;
    const pod = exchange.pod;
    const now = kernel.now;
    if ((exchange.flags & KILLED) !== 0) return this.free(exchange);
    exchange.reached = now;
    if ((exchange.flags & COUNTED) !== 0) {
      const entry = this.clients[exchange.client];
      const member = exchange.member;
      // A proxied request is still its client's: stickiness behind a proxy is about who asks, not about the proxy.
      const root = rootOf(exchange);
      const isClients = root.parent === null;
      const key = isClients ? entry.sourceKey[member] : this.pools.key[root.pool];
      recorder.reached(pod, exchange.service, isClients ? entry.group[member] : NONE, key, (exchange.flags & STICKY) !== 0);
    }
    const workload = pods.model[pod];
    const admission = servers.admission(pod);
    if (admission === REFUSED) {
      if ((exchange.flags & COUNTED) !== 0) recorder.rejected(pod);
      exchange.started = now;
      exchange.served = now;
      this.forgetWork(exchange);
      this.respond(exchange, REJECTED);
      return;
    }
    this.hold(pod);
    recorder.pods.level(pod, ++servers.inSystem[pod]);
    if ((exchange.flags & ANNOUNCED) === 0) this.announce(exchange, pod);
    if (admission === STARTS) {
      this.start(exchange, pod, workload);
      return;
    }
    exchange.state = QUEUED;
    servers.enqueue(pod, exchange.slot);
    this.boundWait(exchange, workload);
  }

  /** Schedules the end of a wait in the queue, when the workload bounds it. */
  private boundWait(exchange: Exchange, workload: Workload): void {
    const { timeoutNs } = workload.spec.queue;
    if (timeoutNs === 0 && workload.patience === null) return;
    const { kernel } = this;
    let bound = timeoutNs > 0 ? timeoutNs : Infinity;
    if (workload.patience !== null) {
      const key = workload.patienceKey;
      const bits = keyedBits(key.high ^ exchange.path ^ exchange.client, key.low, exchange.number);
      bound = Math.min(bound, Math.round(workload.patience.sample(bits)));
    }
    exchange.flags |= WAIT_IS_BOUNDED; // the event refers to the exchange
    kernel.schedule(kernel.now + bound, TIMER, QUEUE_TIMED_OUT, exchange.slot);
  }

  private queueTimedOut(exchange: Exchange): void {
    const { servers, kernel } = this;
    exchange.flags &= ~WAIT_IS_BOUNDED;
    if (exchange.state === ENDED) return this.free(exchange);
    if (exchange.state !== QUEUED) return;
    const pod = exchange.pod;
    servers.remove(pod, exchange.slot);
    exchange.started = kernel.now;
    exchange.served = kernel.now;
    this.leavePod(exchange, pod);
    this.respond(exchange, QUEUE_TIMEOUT);
  }

  /** The request has a slot: its own service begins. */
  private start(exchange: Exchange, pod: number, workload: Workload): void {
    const { servers, kernel } = this;
    const now = kernel.now;
    servers.busy[pod]++;
    if (this.tracksWork === true) servers.serviceBegun(pod, now);
    exchange.flags |= HOLDS_SLOT;
    exchange.started = now;
    exchange.state = IN_SERVICE;
    const sharing = workload.isSharing === true ? this.pods.sharing[pod] : null;
    if (sharing === null) {
      kernel.schedule(now + exchange.demandNs, FREE, SERVED, exchange.slot);
      return;
    }
    sharing.add(exchange.slot, exchange.demandNs, now);
    kernel.schedule(sharing.due, FREE, SHARE_DUE, pod);
  }

  /** Own-service demand of a request at a pod [integer ns]. */
  private demandOf(exchange: Exchange, pod: number): number {
    const { pods } = this;
    const workload = pods.model[pod];
    let law = workload.service;
    if (workload.byRoute !== null) law = this.routeLaw(exchange, workload.byRoute, law);
    return Math.floor(law.sample(exchange.demandBits) / pods.speed[pod] + 0.5); // Math.round branches on chance
  }

  private routeLaw(exchange: Exchange, byRoute: NonNullable<Workload['byRoute']>, fallback: Workload['service']): Workload['service'] {
    const path = this.pathOf(exchange);
    for (const route of byRoute) {
      if (path === route.path || route.path === '/' || path.startsWith(route.path.endsWith('/') ? route.path : `${route.path}/`)) return route.law;
    }
    return fallback;
  }

  /** Path of an exchange's URL. */
  private pathOf(exchange: Exchange): string {
    const { clients, targets } = this;
    const root = rootOf(exchange);
    if (root.parent === null) return clients[exchange.client].spec.requests[root.requestClass].path;
    return targets[root.target].url.path;
  }

  /** Jobs of a processor-sharing pod that are done by now. Events for a time that has changed since are stale. */
  private shareDue(pod: number): void {
    const { kernel, pods } = this;
    const sharing = pods.sharing[pod];
    const now = kernel.now;
    if (sharing === null || sharing.due !== now) return;
    this.hold(pod); // with the jobs that end now
    for (let job = sharing.takeFinished(now); job !== NONE; job = sharing.takeFinished(now)) this.serve(this.all[job]);
    if (sharing.due >= 0) kernel.schedule(sharing.due, FREE, SHARE_DUE, pod);
  }

  /** Own service is over: call other services, let a proxy forward, or answer. */
  private serve(exchange: Exchange): void {
    const { pods, kernel, servers } = this;
    if ((exchange.flags & KILLED) !== 0) return this.free(exchange);
    const pod = exchange.pod;
    const workload = pods.model[pod];
    exchange.served = kernel.now;
    if (this.tracksWork === true) servers.serviceEnded(pod, exchange.started);
    this.forgetWork(exchange);
    if (workload.proxy !== null) {
      exchange.state = CALLING;
      exchange.step = 0;
      this.proxying.forward(exchange, pod, workload);
      return;
    }
    if (workload.steps.length > 0) {
      exchange.state = CALLING;
      exchange.step = 0;
      exchange.outcome = OK;
      if (!workload.spec.holdWhileCalling) this.releaseSlot(exchange, pod);
      this.calling.nextStep(exchange, workload);
      return;
    }
    this.finish(exchange, OK);
  }

  /** The pod is done with the request. */
  finish(exchange: Exchange, result: number): void {
    this.leavePod(exchange, exchange.pod);
    this.respond(exchange, result);
  }

  /** Frees slot and place in the pod, and lets the next in line start. */
  private leavePod(exchange: Exchange, pod: number): void {
    const { servers, recorder } = this;
    this.forgetWork(exchange);
    this.hold(pod);
    servers.inSystem[pod]--;
    recorder.pods.left(pod, exchange);
    if ((exchange.flags & HOLDS_SLOT) !== 0) this.freeSlot(exchange, pod);
    if (servers.inSystem[pod] === 0 && this.pods.phase[pod] === STOPPING) this.drained(pod);
  }

  /** The announced demand is done, or will not come. */
  private forgetWork(exchange: Exchange): void {
    const { servers } = this;
    if ((exchange.flags & ANNOUNCED) === 0) return;
    exchange.flags &= ~ANNOUNCED;
    if (this.tracksWork === true) servers.workNs[exchange.pod] -= exchange.demandNs;
  }

  /** Gives the slot back while the request stays in the pod (asynchronous server). */
  private releaseSlot(exchange: Exchange, pod: number): void {
    this.hold(pod);
    this.freeSlot(exchange, pod);
  }

  private freeSlot(exchange: Exchange, pod: number): void {
    const { servers, recorder, pods } = this;
    const workload = pods.model[pod];
    exchange.flags &= ~HOLDS_SLOT;
    servers.busy[pod]--;
    if (workload.isSharing !== true) recorder.pods.released(pod, exchange);
    const next = servers.dequeue(pod);
    if (next !== NONE) this.start(this.all[next], pod, workload);
  }

  /** Accounts for the pod's state until now. */
  private hold(pod: number): void {
    const { servers, recorder, pods } = this;
    const sharing = pods.sharing[pod];
    recorder.pods.hold(pod, servers.inSystem[pod], sharing === null ? servers.busy[pod] : sharing.busyCores);
  }

  // --- back --------------------------------------------------------------------------------------------------------------------

  /** The pod's answer, or its refusal, starts back. */
  private respond(exchange: Exchange, result: number): void {
    const { connections, kernel } = this;
    exchange.outcome = result;
    exchange.state = RETURNING;
    exchange.responded = kernel.now;
    if ((exchange.flags & ABANDONED) !== 0) {
      this.free(exchange); // nobody waits for it
      return;
    }
    if (this.feelsPackets === true) this.connecting.packet(exchange.connection);
    this.hop(exchange, connections.way[exchange.connection], BACK);
  }

  /** The answer is back: feedback, records, and the connection is free for the next. */
  private answer(exchange: Exchange): void {
    if ((exchange.flags & ABANDONED) !== 0) return this.free(exchange);
    const result = exchange.outcome;
    const connection = exchange.connection;
    exchange.connection = NONE;
    if ((exchange.flags & COUNTED) !== 0 && result !== REJECTED && result !== QUEUE_TIMEOUT) {
      this.recorder.podAnswered(exchange.pod, exchange);
    }
    this.end(exchange, result, 3);
    if (connection !== NONE) this.connecting.vacate(connection);
    this.free(exchange);
  }

  free(exchange: Exchange): void {
    const { exchanges } = this;
    if (exchange.pending > 0) return; // a call of it is still out
    if ((exchange.flags & WAIT_IS_BOUNDED) !== 0) {
      exchange.state = ENDED; // an event still refers to it
      return;
    }
    exchange.state = 0;
    exchanges.slots.release(exchange.slot);
  }

  // --- endings -----------------------------------------------------------------------------------------------------------------

  /** The caller learns that an attempt which holds no connection has failed; the exchange is freed. */
  fail(exchange: Exchange, result: number, service: number): void {
    if (service !== NONE) exchange.service = service;
    this.forgetWork(exchange);
    this.end(exchange, result, 0);
    this.free(exchange);
  }

  /** The caller's time-out: it stops waiting, the server goes on unless it notices. */
  private timedOut(exchange: Exchange): void {
    const { pools } = this;
    if (exchange.state === WAITS_FOR_CONNECTION) {
      const pool = exchange.pool;
      pools.remove(pool, exchange.slot);
      this.fail(exchange, pools.doom[pool] !== OK ? pools.doom[pool] : TIMEOUT, NONE); // a time-out with its reason
      return;
    }
    const connection = exchange.connection;
    const isUnanswered = (exchange.flags & UNANSWERED) !== 0;
    exchange.connection = NONE;
    this.abandon(exchange, isUnanswered ? exchange.outcome : TIMEOUT);
    this.connecting.abandoned(connection);
    if (!isUnanswered) return;
    this.forgetWork(exchange);
    this.free(exchange); // no event refers to it
  }

  /** The caller knows the outcome before the pod is done. */
  private abandon(exchange: Exchange, result: number): void {
    const { servers, pods } = this;
    const state = exchange.state;
    const progress = state === RETURNING ? 3 : state >= IN_SERVICE ? 2 : 1;
    this.end(exchange, result, progress);
    exchange.flags |= ABANDONED;
    if (state !== QUEUED) return;
    const pod = exchange.pod;
    if (pods.model[pod].spec.server.cancel !== 'onDisconnect') return;
    servers.remove(pod, exchange.slot);
    exchange.started = this.kernel.now;
    this.leavePod(exchange, pod);
    exchange.flags |= KILLED;
    this.free(exchange);
  }

  /** The pod has gone away under what it held. Called for each exchange at the pod, in slot order. */
  killed(exchange: Exchange, pod: number): void {
    const { servers, kernel } = this;
    const state = exchange.state;
    if (state === 0 || state === ENDED || exchange.pod !== pod || state === WAITS_FOR_CONNECTION || (exchange.flags & KILLED) !== 0) return;
    if ((exchange.flags & UNANSWERED) !== 0) return;
    const connection = exchange.connection;
    if (state === RETURNING) {
      if (!this.connecting.isSocket(connection)) exchange.connection = NONE; // the answer is on its way; there will be no connection to give back
      return;
    }
    exchange.connection = NONE;
    if ((exchange.flags & ABANDONED) === 0) this.abandon(exchange, this.connecting.killed(connection));
    if ((exchange.flags & KILLED) !== 0) return; // abandoning it has taken it out of the queue
    exchange.flags |= KILLED;
    if (state === ON_THE_WAY) return; // its arrival finds nothing
    if (state === QUEUED) {
      servers.remove(pod, exchange.slot);
      exchange.started = kernel.now;
    }
    this.forgetWork(exchange);
    this.hold(pod);
    servers.inSystem[pod]--;
    this.recorder.pods.left(pod, exchange);
    if ((exchange.flags & HOLDS_SLOT) !== 0) {
      exchange.flags &= ~HOLDS_SLOT;
      servers.busy[pod]--;
      if (!this.pods.model[pod].isSharing) this.recorder.pods.released(pod, exchange);
    }
    if (state === QUEUED || (state === CALLING && exchange.pending === 0)) this.free(exchange);
    else if (state === IN_SERVICE && this.pods.model[pod].isSharing) {
      this.pods.sharing[pod]?.clear(); // it dies with its pod: no event of its own would come
      this.free(exchange);
    }
  }

  /** A connection broke under what was on it. */
  broken(connection: number, result: number): void {
    for (const exchange of this.all) {
      if (exchange.connection !== connection || exchange.state === 0 || (exchange.flags & ABANDONED) !== 0) continue;
      exchange.connection = NONE;
      this.abandon(exchange, result);
    }
  }

  /** Marked connections broke under what was on them. */
  brokenAll(marked: Uint8Array, result: number): void {
    for (const exchange of this.all) {
      if (exchange.state === 0 || exchange.connection === NONE || marked[exchange.connection] !== 1 || (exchange.flags & ABANDONED) !== 0) continue;
      exchange.connection = NONE;
      this.abandon(exchange, result);
    }
  }

  /** Records the end of an exchange and tells whoever waits for it. */
  private end(exchange: Exchange, result: number, progress: Progress): void {
    const { exchanges, recorder, kernel } = this;
    const now = kernel.now;
    const parent = exchange.parent;
    exchanges.generation[exchange.slot]++;
    const duration = now - exchange.intended;
    const balancer = exchange.chosenBy;
    if (balancer !== null) {
      this.outcome.ok = result === OK;
      this.outcome.latencyNs = duration;
      balancer.finished(exchange.pod, this.outcome, exchange.demandNs);
    }
    if (parent === null) {
      if ((exchange.flags & COUNTED) !== 0) this.recordRequest(exchange, result, progress);
      const entry = this.clients[exchange.client];
      if (entry.thinkTime !== null) this.think(entry, exchange.member, exchange.number);
      return;
    }
    const service = exchange.service;
    if ((exchange.flags & FORWARDED) !== 0) {
      if ((exchange.flags & COUNTED) !== 0) recorder.forwardEnded(exchange, result, result === REJECTED ? 1 : progress);
      this.proxying.ended(parent, exchange, result, progress);
      return;
    }
    if ((exchange.flags & COUNTED) !== 0) {
      this.calling.open--;
      recorder.callEnded(exchange, result, result === REJECTED ? 1 : progress);
      if (progress === 0 && service >= 0) recorder.services[service].notAnswered(OUTCOMES.outcomeName(result));
    }
    this.calling.ended(parent, result, exchange.requestClass === 1);
  }

  private recordRequest(exchange: Exchange, result: number, progress: Progress): void {
    const { recorder, kernel } = this;
    recorder.requestEnded(exchange, result, result === REJECTED ? 1 : progress);
    if (progress === 0 && exchange.service >= 0) recorder.services[exchange.service].notAnswered(OUTCOMES.outcomeName(result));
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
    const { recorder, kernel, pods } = this;
    if (this.openCounted === 0) kernel.stop();
    for (let pod = 0; pod < pods.count; pod++) this.hold(pod);
    for (const exchange of this.all) {
      const state = exchange.state;
      if (state !== QUEUED && state !== IN_SERVICE && state !== CALLING) continue;
      if ((exchange.flags & KILLED) !== 0) continue;
      const pod = exchange.pod;
      recorder.pods.left(pod, exchange);
      const isSharing = pods.model[pod].isSharing;
      if ((exchange.flags & HOLDS_SLOT) !== 0 && !isSharing) recorder.pods.released(pod, exchange);
    }
  }

  /** What of the cohort is still open, per client entry; and attempts and calls. */
  stillOpen(): { clients: number[]; attempts: number; calls: number } {
    const { clients, recorder } = this;
    const open = clients.map(() => 0);
    for (const exchange of this.all) {
      const state = exchange.state;
      if (state === 0 || state === ENDED || (exchange.flags & COUNTED) === 0 || (exchange.flags & ABANDONED) !== 0 || exchange.parent !== null) continue;
      open[exchange.client]++;
      recorder.requestInFlight(exchange);
    }
    return { clients: open, attempts: this.countedAttemptsOpen, calls: this.calling.open };
  }
}

function hashTraffic(hash: number, intended: number, member: number, demandBits: number): number {
  let h = Math.imul(hash ^ (intended | 0), 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 15)) + member, 0xc2b2ae35);
  return Math.imul((h ^ (h >>> 13)) + demandBits, 0x27d4eb2f);
}
