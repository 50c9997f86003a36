/** One replication: advanced in slices that may be cut anywhere, and its result. */

import { setFlagsFromString } from 'node:v8';
import { ExperimentError } from '../errors.ts';
import { hintStatuses } from '../kubernetes/index.ts';
import type { RunResult } from '../measurement/run-result.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Assembly, assemble, start } from './assemble.ts';
import type { World } from './world.ts';

/** At one instant: far more than any burst needs, a few seconds of work. And for each client: all of them may begin at once. */
const MOST_AT_ONE_INSTANT = 5_000_000;
const MOST_FOR_EACH_CLIENT = 100;

/**
 * V8 inlines at most 920 bytes of bytecode into a function, and the life of a request takes some 4000: what is called stays a call, and
 * floats that cross calls are allocated. Three times as much saves a tenth of the time (bench kernel). Holds for the whole process or worker.
 */
setFlagsFromString('--max-inlined-bytecode-size-cumulative=3000');

export interface SimulationOptions {
  readonly seed: string;
  readonly replication: number;
  readonly cell: number;
}

export class Simulation {
  private readonly assembly: Assembly;
  private readonly options: SimulationOptions;
  private readonly mostAtOneInstant: number;
  /** The instant that the last slice ended in, and the events before it. */
  private instant = -1;
  private eventsBefore = 0;

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.options = options;
    this.assembly = assemble(scenario, options.seed, options.replication);
    const members = this.assembly.world.clients.reduce((sum, entry) => sum + entry.members, 0);
    this.mostAtOneInstant = MOST_AT_ONE_INSTANT + MOST_FOR_EACH_CLIENT * members;
    start(this.assembly, scenario);
  }

  /**
   * Simulates up to `timeNs`, at most `maxEvents` events.
   * @returns true when the replication is over
   * @throws ExperimentError when more is in flight than `run.maxInFlight`, or when time stands still
   */
  advanceTo(timeNs: number, maxEvents: number): boolean {
    const { kernel } = this.assembly.world;
    kernel.advance(timeNs, maxEvents, this.assembly.path);
    this.watchTheClock();
    return kernel.isStopped || kernel.nextTime() === Infinity;
  }

  /** Users without think time whose requests take no time would go on at one instant for ever. */
  private watchTheClock(): void {
    const { kernel } = this.assembly.world;
    if (kernel.now !== this.instant) {
      this.instant = kernel.now;
      this.eventsBefore = kernel.events;
    } else if (kernel.events - this.eventsBefore > this.mostAtOneInstant) {
      throw new ExperimentError(
        `time stands still at ${(kernel.now / 1e9).toFixed(1)}s of simulated time: users of a closed loop send again and again without time between (give closedLoop a thinkTime, or the network a latency)`,
      );
    }
  }

  /** Simulated share of the run, 0 … 1; the time after the window counts as done. */
  progress(): number {
    const { kernel, toNs } = this.assembly.world;
    return toNs === 0 ? 1 : Math.min(1, kernel.now / toNs);
  }

  /** What the replication saw; valid once it is over. */
  result(): RunResult {
    const { world, path, roster, broughtUp } = this.assembly;
    const { pods, recorder, kernel, workloads } = world;
    let traffic = 0;
    for (const entry of world.clients) traffic = (Math.imul(traffic, 31) + entry.trafficHash) | 0;
    const open = path.stillOpen();
    for (const service of broughtUp.cluster.list('Service')) {
      const load = recorder.services.find(({ name }) => name === `${service.metadata.namespace}/${service.metadata.name}`);
      if (load !== undefined) load.hints = hintStatuses(broughtUp.cluster, service);
    }
    return recorder.result(
      {
        cell: this.options.cell,
        replication: this.options.replication,
        trafficHash: (traffic >>> 0).toString(16).padStart(8, '0'),
        endNs: kernel.now,
        events: kernel.events,
      },
      distinctNames(pods).map((name, pod) => ({
        name,
        node: world.nodeNames[pods.node[pod]],
        workload: workloads[pods.workload[pod]].spec.key,
        slots: roster.slots(pod),
        isSharing: workloads[pods.workload[pod]].isSharing,
      })),
      open,
      this.assembly.nodeRuns,
      [],
    );
  }
}

/** `namespace/name` of each pod; the second pod of a StatefulSet's `db-0` is `db-0 (2)`. */
function distinctNames({ names, namespaces }: World['pods']): string[] {
  const seen = new Map<string, number>();
  return names.map((name, pod) => {
    const full = `${namespaces[pod]}/${name}`;
    const times = (seen.get(full) ?? 0) + 1;
    seen.set(full, times);
    return times === 1 ? full : `${full} (${times})`;
  });
}

/** A replication ready to be advanced. */
export function createSimulation(scenario: Scenario, options: SimulationOptions): Simulation {
  return new Simulation(scenario, options);
}

/** One replication from start to end. */
export function runReplication(scenario: Scenario, options: SimulationOptions): RunResult {
  const simulation = new Simulation(scenario, options);
  while (!simulation.advanceTo(Infinity, 1_000_000));
  return simulation.result();
}
