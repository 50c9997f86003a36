/**
 * Calls between services: what a pod asks of others once its own service is over.
 *
 *   served ─► step 1: its calls go out at once ─► all have ended ─► step 2 … ─► the pod answers
 *
 * Each call is an exchange of its own, from this pod, through the same steps as a client's request (`request-path.ts`). Whether it is made
 * and what it demands are functions of the root request and the way of calls from there. A call that fails, fails its caller unless it
 * is optional.
 */
import type { Recorder } from '../measurement/recorder.ts';
import { keyedBits, mix32, toUniform } from '../random/stream.ts';
import type { Connecting } from './connecting.ts';
import { COUNTED, type Exchange, KILLED } from './exchanges.ts';
import { OK, outcome } from './outcomes.ts';
import type { Call, ClientEntry, Workload, World } from './world.ts';

const NONE = -1;
const CALL_FAILED = outcome('call-failed');

/** What exchanges that cause others ask of the request path. */
export interface Origin {
  take(entry: ClientEntry, member: number, number: number, path: number, demandBits: number, target: number): Exchange;
  askPool(exchange: Exchange, pool: number): void;
  /** The pod is done with the exchange. */
  finish(exchange: Exchange, result: number): void;
  free(exchange: Exchange): void;
}

export class Calling {
  /** Calls of the cohort that have not ended. */
  open = 0;
  private readonly kernel: World['kernel'];
  private readonly recorder: Recorder;
  private readonly targets: World['targets'];
  private readonly clients: World['clients'];
  private readonly pods: World['pods'];
  private readonly connecting: Connecting;
  private readonly origin: Origin;

  constructor(world: World, connecting: Connecting, origin: Origin) {
    this.kernel = world.kernel;
    this.recorder = world.recorder;
    this.targets = world.targets;
    this.clients = world.clients;
    this.pods = world.pods;
    this.connecting = connecting;
    this.origin = origin;
  }

  /** Starts the calls of the next step that has any; without further steps the pod answers. */
  nextStep(exchange: Exchange, workload: Workload): void {
    for (;;) {
      const step = exchange.step++;
      if (step >= workload.steps.length || exchange.outcome !== OK) {
        this.origin.finish(exchange, exchange.outcome);
        return;
      }
      const calls = workload.steps[step].calls;
      exchange.pending++; // keeps the exchange while its calls start, some of which may end at once
      for (let i = 0; i < calls.length; i++) this.call(exchange, calls[i]);
      exchange.pending--;
      if (exchange.pending > 0) return;
      if ((exchange.flags & KILLED) !== 0) return this.origin.free(exchange);
    }
  }

  private call(parent: Exchange, call: Call): void {
    const { recorder, kernel, targets, pods, origin } = this;
    const entry = this.clients[parent.client];
    const path = mix32(parent.path ^ call.key);
    const number = parent.number;
    const key = entry.keys.call;
    if (call.spec.probability < 1 && toUniform(keyedBits(key.high ^ path, key.low, number)) >= call.spec.probability) return;
    const demandBits = keyedBits(entry.keys.demand.high ^ path, entry.keys.demand.low + 1, number);
    const target = targets[call.target];
    const exchange = origin.take(entry, parent.member, number, path, demandBits, call.target);
    exchange.parent = parent;
    exchange.intended = kernel.now;
    exchange.requestClass = call.spec.optional ? 1 : 0;
    parent.pending++;
    if ((parent.flags & COUNTED) !== 0) {
      exchange.flags |= COUNTED;
      recorder.callBegun();
      this.open++;
    }
    if (target.timeoutLane !== NONE) kernel.scheduleInLane(target.timeoutLane, exchange.slot);
    origin.askPool(exchange, this.connecting.callerPool(target, parent.pod, pods.node[parent.pod]));
  }

  /** A call has ended, as its caller's pod knows. */
  ended(parent: Exchange, result: number, isOptional: boolean): void {
    parent.pending--;
    if (result !== OK && !isOptional) parent.outcome = CALL_FAILED;
    if (parent.pending > 0) return;
    if ((parent.flags & KILLED) !== 0) return this.origin.free(parent);
    this.nextStep(parent, this.pods.model[parent.pod]);
  }
}
