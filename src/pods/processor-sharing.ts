/**
 * Processor sharing in one pod: each of n jobs runs at rate min(1, cores ÷ n) (contract part 3).
 *
 * Virtual time V is the work that each job has got since the start; a job that comes at V with demand d is done when V reaches V + d.
 * Jobs wait in a heap by that finish, so a change of n moves one number and no job: O(log n) per job.
 * Without a CPU limit one server is shared (cores = 1), the M/G/1-PS of the textbooks (Kleinrock 1976, vol. 2, section 4.4).
 */
export class ProcessorSharing {
  private readonly cores: number;
  /** Work each job has got so far [ns], and when that was true [ns]. */
  private virtual = 0;
  private since = 0;
  private finishes = new Float64Array(16);
  private jobs = new Int32Array(16);
  private count = 0;
  /** When the next job ends if nothing changes [integer ns]; −1 when idle. The event that was scheduled for another time is stale. */
  due = -1;

  constructor(cores: number) {
    this.cores = cores;
  }

  /** Jobs that share now. */
  get size(): number {
    return this.count;
  }

  /** Cores in use with the present jobs. */
  get busyCores(): number {
    return this.count < this.cores ? this.count : this.cores;
  }

  /** Adds a job with `demand` ns of work. Afterwards read `due`. */
  add(job: number, demand: number, now: number): void {
    this.advance(now);
    if (this.count === this.jobs.length) this.grow();
    this.siftUp(this.count++, this.virtual + demand, job);
    this.updateDue(now);
  }

  /** Takes out a job that has all its work done by `now`; −1 when none has. Call until −1, then read `due`. */
  takeFinished(now: number): number {
    this.advance(now);
    if (this.count === 0 || this.finishes[0] > this.virtual) {
      this.updateDue(now);
      return -1;
    }
    const job = this.jobs[0];
    this.due = -1; // it stood for this job: the next one is done by its own work, not by rounding
    const last = --this.count;
    if (last > 0) this.siftDown(this.finishes[last], this.jobs[last]);
    return job;
  }

  /** Forgets all jobs: the pod is gone. */
  clear(): void {
    this.count = 0;
    this.due = -1;
  }

  private rate(): number {
    return this.count <= this.cores ? 1 : this.cores / this.count;
  }

  private advance(now: number): void {
    if (this.count === 0) {
      this.virtual = 0; // an idle pod starts afresh, which keeps the numbers small and exact
    } else {
      this.virtual += (now - this.since) * this.rate();
      // The last nanosecond was rounded up, so the first job is done at its due time whatever the float says.
      if (now === this.due && this.finishes[0] > this.virtual) this.virtual = this.finishes[0];
    }
    this.since = now;
  }

  private updateDue(now: number): void {
    this.due = this.count === 0 ? -1 : now + Math.max(0, Math.ceil((this.finishes[0] - this.virtual) / this.rate()));
  }

  private siftUp(start: number, finish: number, job: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.finishes[parent] <= finish) break; // ties: first come, first out
      this.finishes[at] = this.finishes[parent];
      this.jobs[at] = this.jobs[parent];
      at = parent;
    }
    this.finishes[at] = finish;
    this.jobs[at] = job;
  }

  private siftDown(finish: number, job: number): void {
    let at = 0;
    for (let child = 1; child < this.count; child = 2 * at + 1) {
      if (child + 1 < this.count && this.finishes[child + 1] < this.finishes[child]) child++;
      if (finish <= this.finishes[child]) break;
      this.finishes[at] = this.finishes[child];
      this.jobs[at] = this.jobs[child];
      at = child;
    }
    this.finishes[at] = finish;
    this.jobs[at] = job;
  }

  private grow(): void {
    const finishes = new Float64Array(this.jobs.length * 2);
    const jobs = new Int32Array(this.jobs.length * 2);
    finishes.set(this.finishes);
    jobs.set(this.jobs);
    this.finishes = finishes;
    this.jobs = jobs;
  }
}
