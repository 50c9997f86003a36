/** What was made for the cells that are worked at: more of them than ever are at a time, so that nothing is made twice, and no more. */

const MOST = 32;

export class Recent<T> {
  private readonly made = new Map<number, T>();

  /** @param number of the cell; the cell that came first is forgotten when there are too many */
  get(number: number, make: () => T): T {
    const known = this.made.get(number);
    if (known !== undefined) return known;
    const value = make();
    if (this.made.size >= MOST) this.made.delete(this.made.keys().next().value as number);
    this.made.set(number, value);
    return value;
  }
}
