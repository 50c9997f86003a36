/**
 * The textbook balancer on the client's side: no cost, no limits, the policies that theory can check.
 *
 * Unit of choice: request (each attempt, call and retry picks anew).
 * Where state lives: one instance per client.
 * When it learns: of endpoints with `update`; of load at once, or with `refresh` at 0, T, 2T …
 * What it feels: attempts from dispatch to completion (its own, or the true number in each pod), or the work left in them.
 *
 * Model: contract part 2, `plane: ideal`. Ready endpoints only; none means UNAVAILABLE.
 * Cost of a pick: random, round_robin O(1); power_of_choices O(d); least_connections and join_idle_queue O(1) in view `own`
 * (sorted levels), else O(endpoints), as is least_work_left; with `refresh` O(1), since the lowest are found once per copy.
 * Simplified: round_robin starts at the first endpoint in every client. Client-side balancers of real systems mostly start at random.
 * Simplified: least_work_left in view `own` takes an endpoint's own unfinished demand, but never more than is truly left in the pod:
 * exact for one client and no network delay, an upper bound otherwise, since nobody tells a client how far its requests are.
 */

import { LeastLoaded } from './algorithms/least-loaded.ts';
import { choiceLaw, Sampler } from './algorithms/power-of-choices.ts';
import { RoundRobin } from './algorithms/round-robin.ts';
import { WeightedRandom } from './algorithms/weighted-random.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Outcome, type Place, UNAVAILABLE } from './balancer.ts';
import { Endpoints, selectReady } from './endpoints.ts';
import { explainCertain, explainLaw, explainRefusal, explainUniform } from './explanation.ts';
import { OwnAttempts } from './own-attempts.ts';

export interface IdealConfig {
  readonly policy: 'random' | 'round_robin' | 'least_connections' | 'power_of_choices' | 'join_idle_queue' | 'least_work_left';
  /** d of power_of_choices, ≥ 1. */
  readonly choices: number;
  readonly replacement: boolean;
  /** Between the least loaded: at random, or the first in the endpoints' order. power_of_choices keeps the first drawn, which is fair either way. */
  readonly ties: 'random' | 'first';
  /** random: in proportion to weight; least_connections: smallest (n + 1) ÷ weight. */
  readonly weighted: boolean;
  readonly view: { readonly type: 'own' } | { readonly type: 'shared'; readonly refreshNs: number };
}

export const ideal: BalancerKind<IdealConfig> = {
  name: 'ideal',
  layer: 'l7',
  unit: 'request',
  create: (config, place) => new IdealBalancer(config, place),
};

/** The policies as numbers: a text that came through a worker's message is compared letter by letter, at each pick. */
const RANDOM = 0;
const ROUND_ROBIN = 1;
const CHOICES = 2;
const IDLE = 3;
const LEAST = 4;
const POLICIES: Readonly<Record<IdealConfig['policy'], number>> = {
  random: RANDOM,
  round_robin: ROUND_ROBIN,
  power_of_choices: CHOICES,
  join_idle_queue: IDLE,
  least_connections: LEAST,
  least_work_left: LEAST,
};

class IdealBalancer implements Balancer {
  private readonly config: IdealConfig;
  private readonly place: Place;
  private readonly policy: number;
  private readonly isWeighted: boolean;
  private readonly takesFirst: boolean;
  private readonly isOwn: boolean;
  private readonly isCounting: boolean;
  private readonly refreshNs: number;
  private readonly comparesWork: boolean;
  private readonly usesLevels: boolean;

  private readonly endpoints = new Endpoints();
  private readonly own = new OwnAttempts();
  private readonly turns = new RoundRobin();
  private levels = new LeastLoaded(new Int32Array(0));
  private sampler = new Sampler(0, 1, true);
  private lottery = new WeightedRandom(new Float64Array(0));
  private board = new Float64Array(0); // the copied state, by position
  private tied = new Int32Array(0); // positions of the lowest score, filled by `findTied`
  private tiedCount = 0;

  constructor(config: IdealConfig, place: Place) {
    this.config = config;
    this.place = place;
    this.policy = POLICIES[config.policy];
    this.isWeighted = config.weighted;
    this.takesFirst = config.ties === 'first';
    this.isOwn = config.view.type === 'own';
    this.isCounting = this.isOwn && config.policy !== 'random' && config.policy !== 'round_robin';
    this.refreshNs = config.view.type === 'shared' ? config.view.refreshNs : 0;
    this.comparesWork = config.policy === 'least_work_left';
    this.usesLevels = this.isOwn && ((config.policy === 'least_connections' && !config.weighted) || config.policy === 'join_idle_queue');
    if (this.refreshNs > 0) this.scheduleRefresh();
  }

  update(set: EndpointSet): void {
    const nextName = this.endpoints.count === 0 ? '' : this.endpoints.names[this.turns.peek()];
    const board = this.rememberBoard();
    this.own.suspend(this.endpoints);
    this.endpoints.assign(set, selectReady);
    this.own.resume(this.endpoints);
    const count = this.endpoints.count;
    this.turns.restart(
      count,
      Math.max(
        0,
        this.endpoints.names.findIndex((name) => name >= nextName),
      ),
    );
    this.tied = new Int32Array(count);
    if (this.usesLevels === true) this.levels = new LeastLoaded(this.own.counts);
    if (this.policy === CHOICES) this.sampler = new Sampler(count, this.config.choices, this.config.replacement);
    if (this.isWeighted) this.lottery = new WeightedRandom(this.endpoints.weights);
    if (this.refreshNs === 0) return;
    this.board = Float64Array.from(this.endpoints.ids, (id) => board.get(id) ?? this.trueLoad(id));
    this.findTied();
  }

  pick(_flow: Flow): number {
    if (this.endpoints.count === 0) return UNAVAILABLE;
    return this.endpoints.ids[this.pickPosition()];
  }

  private pickPosition(): number {
    const random = this.place.random;
    switch (this.policy) {
      case RANDOM:
        return this.isWeighted === true ? this.lottery.pick(random) : random.integer(this.endpoints.count);
      case ROUND_ROBIN:
        return this.turns.pick();
      case CHOICES:
        return this.pickOfChoices();
      case IDLE:
        return this.pickIdle();
      default:
        return this.pickLeast();
    }
  }

  private pickOfChoices(): number {
    const random = this.place.random;
    let best = this.sampler.draw(0, random);
    let lowest = this.score(best);
    for (let turn = 1; turn < this.sampler.choices; turn++) {
      const other = this.sampler.draw(turn, random);
      const score = this.score(other);
      if (score < lowest) {
        best = other;
        lowest = score;
      }
    }
    return best;
  }

  private pickLeast(): number {
    const isFirst = this.takesFirst === true;
    if (this.usesLevels === true) return isFirst ? this.levels.pickFirst() : this.levels.pick(this.place.random);
    if (this.refreshNs === 0) this.findTied();
    return this.tied[isFirst || this.tiedCount === 1 ? 0 : this.place.random.integer(this.tiedCount)];
  }

  private pickIdle(): number {
    const random = this.place.random;
    if (this.usesLevels === true) return this.levels.lowest() === 0 ? this.levels.pick(random) : random.integer(this.endpoints.count);
    if (this.refreshNs === 0) this.findTied();
    return this.score(this.tied[0]) === 0 ? this.tied[random.integer(this.tiedCount)] : random.integer(this.endpoints.count);
  }

  /** What the policy wants small, as this instance sees it. */
  private score(position: number): number {
    const load = this.refreshNs > 0 ? this.board[position] : this.currentLoad(position);
    return this.isWeighted === true && this.policy === LEAST && this.comparesWork === false ? (load + 1) / this.endpoints.weights[position] : load;
  }

  private currentLoad(position: number): number {
    if (!this.isOwn) return this.trueLoad(this.endpoints.ids[position]);
    if (!this.comparesWork) return this.own.counts[position];
    return Math.min(this.own.demandNs[position], this.place.truth.remainingNs(this.endpoints.ids[position]));
  }

  private trueLoad(id: number): number {
    return this.comparesWork ? this.place.truth.remainingNs(id) : this.place.truth.inSystem[id];
  }

  /** Puts the positions of the lowest score in `tied`, in ascending order. O(endpoints). */
  private findTied(): void {
    let lowest = Number.POSITIVE_INFINITY;
    this.tiedCount = 0;
    for (let position = 0; position < this.endpoints.count; position++) {
      const score = this.score(position);
      if (score > lowest) continue;
      if (score < lowest) this.tiedCount = 0;
      lowest = score;
      this.tied[this.tiedCount++] = position;
    }
  }

  explain(_flow: Flow, out: Explanation): void {
    const { count, ids } = this.endpoints;
    const rule = describe(this.config);
    if (count === 0) explainRefusal(out, UNAVAILABLE, 'no ready endpoint');
    else if (this.policy === RANDOM) explainLaw(out, ids, (i) => (this.isWeighted ? this.lottery.share(i) : 1 / count), rule);
    else if (this.policy === ROUND_ROBIN) explainCertain(out, ids[this.turns.peek()], rule);
    else if (this.policy === CHOICES) this.explainChoices(out, rule);
    else this.explainTied(out, rule);
  }

  private explainChoices(out: Explanation, rule: string): void {
    const scores = Array.from(this.endpoints.ids, (_, position) => this.score(position));
    const law = choiceLaw(scores, this.config.choices, this.config.replacement);
    explainLaw(out, this.endpoints.ids, (i) => law[i], rule);
  }

  private explainTied(out: Explanation, rule: string): void {
    const { ids } = this.endpoints;
    this.findTied();
    const lightest = Array.from(this.tied.subarray(0, this.tiedCount), (position) => ids[position]);
    if (this.policy !== IDLE) explainUniform(out, this.takesFirst ? lightest.slice(0, 1) : lightest, rule);
    else if (this.score(this.tied[0]) === 0) explainUniform(out, lightest, rule);
    else explainUniform(out, ids, `${rule}: none is idle`);
  }

  started(endpoint: number, demandNs: number): void {
    if (this.isCounting !== true) return;
    const position = this.endpoints.positionOf(endpoint);
    if (position < 0) {
      this.own.startedDeparted(endpoint, demandNs);
      return;
    }
    if (this.usesLevels === true) this.levels.increment(position);
    else this.own.counts[position]++;
    this.own.demandNs[position] += demandNs;
  }

  finished(endpoint: number, _outcome: Outcome, demandNs: number): void {
    if (this.isCounting !== true) return;
    const position = this.endpoints.positionOf(endpoint);
    if (position < 0) {
      this.own.finishedDeparted(endpoint, demandNs);
      return;
    }
    if (this.usesLevels === true) this.levels.decrement(position);
    else this.own.counts[position]--;
    this.own.demandNs[position] -= demandNs;
  }

  opened(): void {}

  closed(): void {}

  /** The next copy of the true state is due. */
  tick(): void {
    for (let position = 0; position < this.endpoints.count; position++) this.board[position] = this.trueLoad(this.endpoints.ids[position]);
    this.findTied();
    this.scheduleRefresh();
  }

  private scheduleRefresh(): void {
    const copies = Math.floor(this.place.now() / this.refreshNs);
    this.place.timer((copies + 1) * this.refreshNs, 0);
  }

  private rememberBoard(): Map<number, number> {
    return new Map(Array.from(this.board, (load, position) => [this.endpoints.ids[position], load]));
  }
}

function describe(config: IdealConfig): string {
  const of = config.policy === 'power_of_choices' ? ` of ${config.choices} ${config.replacement ? 'with' : 'without'} replacement` : '';
  const weighted = config.weighted ? ', weighted' : '';
  const view = config.view.type === 'own' ? 'own attempts' : config.view.refreshNs > 0 ? `true state every ${config.view.refreshNs / 1e9}s` : 'true state';
  const sees = config.policy === 'random' || config.policy === 'round_robin' ? '' : `, sees ${view}`;
  return `ideal ${config.policy}${of}${weighted}${sees}`;
}
