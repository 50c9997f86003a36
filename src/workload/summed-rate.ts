/** The sum of several rates: a new piece begins wherever one of them has one. */
import type { RatePieces } from './rate.ts';

export class SummedPieces implements RatePieces {
  start = 0;
  end = 0;
  rate = 0;
  slope = 0;
  area = 0;
  private readonly parts: readonly RatePieces[];

  constructor(parts: readonly RatePieces[]) {
    this.parts = parts;
    this.advance();
  }

  advance(): void {
    const start = this.end;
    let end = Infinity;
    let rate = 0;
    let slope = 0;
    for (const part of this.parts) {
      while (part.end <= start) part.advance();
      rate += part.rate + part.slope * (start - part.start);
      slope += part.slope;
      end = Math.min(end, part.end);
    }
    this.start = start;
    this.end = end;
    this.rate = Math.max(0, rate); // the end of a fall to 0 may be rounded to below it
    this.slope = slope;
    if (end === Infinity) this.area = this.rate > 0 ? Infinity : 0;
    else this.area = Math.max(0, (this.rate + (slope * (end - start)) / 2) * (end - start));
  }
}
