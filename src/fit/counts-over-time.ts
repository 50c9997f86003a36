/**
 * Requests per bin of time, in memory that does not grow: when the span gets longer than there are bins, neighbours are put together.
 * Times may come in any order.
 */
const BINS = 1 << 18;

export class CountsOverTime {
  /** [s] */
  width: number;
  private counts = new Uint32Array(BINS);
  /** Number of the first bin, counted in widths from time 0, and the ends of what is in use. */
  private first = Number.NaN;
  private from = BINS;
  private to = 0;

  constructor(width: number) {
    this.width = width;
  }

  add(time: number): void {
    if (Number.isNaN(this.first)) this.first = Math.floor(time / this.width) - BINS / 8; // requests are logged a little out of order
    let bin = Math.floor(time / this.width) - this.first;
    while (bin < 0 || bin >= BINS) {
      if (!this.shift(bin)) this.coarsen();
      bin = Math.floor(time / this.width) - this.first;
    }
    this.counts[bin]++;
    if (bin < this.from) this.from = bin;
    if (bin >= this.to) this.to = bin + 1;
  }

  /** Makes room on the side where it is missing. @returns false when there is none to be had */
  private shift(bin: number): boolean {
    const span = Math.max(this.to, bin + 1) - Math.min(this.from, bin);
    if (span > BINS * 0.9) return false;
    const by = bin < 0 ? Math.min(BINS - this.to, -bin + BINS / 16) : -Math.min(this.from, bin - BINS + 1 + BINS / 16);
    if (bin + by < 0 || bin + by >= BINS) return false;
    const moved = new Uint32Array(BINS);
    moved.set(this.counts.subarray(this.from, this.to), this.from + by);
    this.counts = moved;
    this.first -= by;
    this.from += by;
    this.to += by;
    return true;
  }

  private coarsen(): void {
    const first = Math.floor(this.first / 2);
    const halved = new Uint32Array(BINS);
    for (let bin = this.from; bin < this.to; bin++) halved[Math.floor((bin + this.first) / 2) - first] += this.counts[bin];
    this.from = Math.floor((this.from + this.first) / 2) - first;
    this.to = Math.floor((this.to - 1 + this.first) / 2) - first + 1;
    this.counts = halved;
    this.first = first;
    this.width *= 2;
  }

  /** From the first to the last bin with a request. */
  result(): Uint32Array {
    return this.counts.slice(this.from, Math.max(this.from, this.to));
  }
}
