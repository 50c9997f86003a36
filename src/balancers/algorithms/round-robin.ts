/** A walk over members 0 … count − 1 in a circle. */
export class RoundRobin {
  private next = 0;
  private count = 0;

  /** @param next the member to come first; taken modulo `count` */
  restart(count: number, next: number): void {
    this.count = count;
    this.next = count === 0 ? 0 : next % count;
  }

  /** The member whose turn it is, without taking the turn. */
  peek(): number {
    return this.next;
  }

  pick(): number {
    const member = this.next;
    this.next = member + 1 === this.count ? 0 : member + 1;
    return member;
  }
}
