/**
 * The member with the least cost per weight, ties to the lowest rank: what a scan of a list would find, in O(log n).
 *
 *          0          a heap of members; where[m] tells the place of member m, so that
 *        1   2        a changed cost moves it from there
 *       3 4 5 6
 *
 * Costs per weight are compared by cross-multiplication, as the kernel does, so no division rounds: exact while products stay below 2^53.
 */
export class LeastCost {
  private count = 0;
  private heap = new Int32Array(0);
  private where = new Int32Array(0); // −1 = not a member
  private cost = new Float64Array(0);
  private weight = new Float64Array(0);
  private rank = new Float64Array(0);

  /** Starts anew with room for members 0 … capacity − 1, and none of them in. */
  reset(capacity: number): void {
    this.count = 0;
    if (capacity > this.where.length) {
      this.heap = new Int32Array(capacity);
      this.where = new Int32Array(capacity);
      this.cost = new Float64Array(capacity);
      this.weight = new Float64Array(capacity);
      this.rank = new Float64Array(capacity);
    }
    this.where.fill(-1);
  }

  /** @param weight > 0 @param rank decides ties: the lowest wins */
  add(member: number, cost: number, weight: number, rank: number): void {
    this.cost[member] = cost;
    this.weight[member] = weight;
    this.rank[member] = rank;
    this.rise(this.count++, member);
  }

  has(member: number): boolean {
    return this.where[member] >= 0;
  }

  remove(member: number): void {
    const place = this.where[member];
    this.where[member] = -1;
    const last = this.heap[--this.count];
    if (last !== member) this.settle(place, last);
  }

  /** The member's cost has changed. */
  update(member: number, cost: number): void {
    this.cost[member] = cost;
    this.settle(this.where[member], member);
  }

  /** The member with the least cost; −1 when there is none. */
  first(): number {
    return this.count === 0 ? -1 : this.heap[0];
  }

  costOf(member: number): number {
    return this.cost[member];
  }

  /** Puts a member where it belongs, from a free place on. */
  private settle(place: number, member: number): void {
    if (place > 0 && this.isBefore(member, this.heap[(place - 1) >> 1])) this.rise(place, member);
    else this.sink(place, member);
  }

  private rise(from: number, member: number): void {
    const { heap, where } = this;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!this.isBefore(member, parent)) break;
      heap[place] = parent;
      where[parent] = place;
      place = above;
    }
    heap[place] = member;
    where[member] = place;
  }

  private sink(from: number, member: number): void {
    const { heap, where, count } = this;
    let place = from;
    for (let below = 2 * place + 1; below < count; below = 2 * place + 1) {
      if (below + 1 < count && this.isBefore(heap[below + 1], heap[below])) below++;
      const child = heap[below];
      if (!this.isBefore(child, member)) break;
      heap[place] = child;
      where[child] = place;
      place = below;
    }
    heap[place] = member;
    where[member] = place;
  }

  private isBefore(a: number, b: number): boolean {
    const { cost, weight } = this;
    const left = cost[a] * weight[b];
    const right = cost[b] * weight[a];
    return left < right || (left === right && this.rank[a] < this.rank[b]);
  }
}
