/** Stages: the rate goes linearly from the last target to the next one; a duration of 0 jumps; the last target holds. */
import type { RatePieces } from './rate.ts';

/** The rate goes linearly from the last target to `target` [1/s] over `durationNs`; 0 jumps. After the last stage its target holds. */
export interface Stage {
  readonly durationNs: number;
  readonly target: number;
}

export interface StagesSpec {
  readonly type: 'stages';
  readonly startRate: number;
  readonly stages: readonly Stage[];
}

const NS = 1e9;

export class StagePieces implements RatePieces {
  start = 0;
  end = 0;
  rate: number;
  slope = 0;
  area = 0;
  private readonly stages: readonly Stage[];
  private readonly factor: number;
  private index = 0;
  private target: number;

  constructor({ startRate, stages }: StagesSpec, factor: number) {
    this.stages = stages;
    this.factor = factor;
    this.rate = startRate * factor;
    this.target = this.rate;
    this.advance();
  }

  advance(): void {
    this.start = this.end;
    this.rate = this.target;
    for (; this.index < this.stages.length; this.index++) {
      const duration = this.stages[this.index].durationNs / NS;
      this.target = this.stages[this.index].target * this.factor;
      if (duration > 0) {
        this.index++;
        this.end = this.start + duration;
        this.slope = (this.target - this.rate) / duration;
        this.area = ((this.rate + this.target) / 2) * duration;
        return;
      }
      this.rate = this.target;
    }
    this.end = Infinity;
    this.slope = 0;
    this.area = this.rate > 0 ? Infinity : 0;
  }
}

/** Expected number of requests until `timeNs`. */
export function stagesUntil({ startRate, stages }: StagesSpec, timeNs: number): number {
  let rate = startRate;
  let at = 0;
  let total = 0;
  for (const stage of stages) {
    const span = Math.min(stage.durationNs, timeNs - at);
    if (span > 0) {
      const end = rate + (stage.target - rate) * (span / stage.durationNs);
      total += ((rate + end) / 2) * (span / NS);
    }
    at += stage.durationNs;
    rate = stage.target;
    if (at >= timeNs) return total;
  }
  return total + rate * ((timeNs - at) / NS);
}

/** The highest rate [1/s] of the stages that reach into [fromNs, toNs). */
export function stagesPeak({ startRate, stages }: StagesSpec, fromNs: number, toNs: number): number {
  let rate = startRate;
  let at = 0;
  let peak = 0;
  for (const stage of stages) {
    const end = at + stage.durationNs;
    if (stage.durationNs > 0 && end > fromNs && at < toNs) peak = Math.max(peak, rate, stage.target);
    at = end;
    rate = stage.target;
  }
  return at < toNs ? Math.max(peak, rate) : peak;
}
