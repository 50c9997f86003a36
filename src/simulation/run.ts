/** One replication: advanced in slices that may be cut anywhere, and its result. */
import type { RunResult } from '../measurement/run-result.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Assembly, assemble, start } from './assemble.ts';

export interface SimulationOptions {
  readonly seed: string;
  readonly replication: number;
  readonly cell: number;
}

export class Simulation {
  private readonly assembly: Assembly;
  private readonly options: SimulationOptions;

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.options = options;
    this.assembly = assemble(scenario, options.seed, options.replication);
    start(this.assembly, scenario);
  }

  /**
   * Simulates up to `timeNs`, at most `maxEvents` events.
   * @returns true when the replication is over
   * @throws ExperimentError when more is in flight than `run.maxInFlight`
   */
  advanceTo(timeNs: number, maxEvents: number): boolean {
    const { kernel } = this.assembly.world;
    kernel.advance(timeNs, maxEvents, this.assembly.path);
    return kernel.isStopped || kernel.nextTime() === Infinity;
  }

  /** Simulated share of the run, 0 … 1; the time after the window counts as done. */
  progress(): number {
    const { kernel, toNs } = this.assembly.world;
    return toNs === 0 ? 1 : Math.min(1, kernel.now / toNs);
  }

  /** What the replication saw; valid once it is over. */
  result(): RunResult {
    const { world, path, roster } = this.assembly;
    const { pods, recorder, kernel, workloads } = world;
    let traffic = 0;
    for (const entry of world.clients) traffic = (Math.imul(traffic, 31) + entry.trafficHash) | 0;
    const open = path.stillOpen();
    return recorder.result(
      {
        cell: this.options.cell,
        replication: this.options.replication,
        trafficHash: (traffic >>> 0).toString(16).padStart(8, '0'),
        endNs: kernel.now,
        events: kernel.events,
      },
      pods.names.map((name, pod) => ({
        name: `${pods.namespaces[pod]}/${name}`,
        node: world.nodeNames[pods.node[pod]],
        workload: workloads[pods.workload[pod]].spec.key,
        slots: roster.slots(pod),
        isSharing: workloads[pods.workload[pod]].isSharing,
      })),
      open,
      [],
    );
  }
}

/** A replication ready to be advanced. */
export function createSimulation(scenario: Scenario, options: SimulationOptions): Simulation {
  return new Simulation(scenario, options);
}

/** One replication from start to end. */
export function runReplication(scenario: Scenario, options: SimulationOptions): RunResult {
  const simulation = new Simulation(scenario, options);
  while (!simulation.advanceTo(Infinity, 10_000_000));
  return simulation.result();
}
