import { expect } from 'chai';
import { CLOSE, Conntrack, ESTABLISHED, STATES, SYN_SENT, TIME_WAIT, UDP, UDP_STREAM } from './conntrack.ts';

const S = 1e9;
const LIMIT = 131072;
const create = (limit = LIMIT, draw = () => 0.5) => new Conntrack(limit, draw);

/** A short TCP flow at `now`; false when it was dropped. */
function short(table: Conntrack, now: number, to = TIME_WAIT): boolean {
  if (!table.open(now)) return false;
  table.established();
  table.close(now, ESTABLISHED, to);
  return true;
}

const inState = (table: Conntrack, now: number) => Object.fromEntries(table.byState(now).flatMap((count, i) => (count === 0 ? [] : [[STATES[i], count]])));

describe('connection tracking of a node', () => {
  it('remembers a closed flow for 120 s, a reset one for 10 s, one that nobody answered for 120 s', () => {
    for (const [state, seconds] of [
      [TIME_WAIT, 120],
      [CLOSE, 10],
    ]) {
      const table = create();
      short(table, 10 * S, state);
      expect(inState(table, 10 * S)).to.deep.equal({ [STATES[state]]: 1 });
      expect(table.size((10 + seconds - 0.1) * S)).to.equal(1);
      expect(table.size((10 + seconds) * S)).to.equal(0);
    }
    const table = create();
    table.open(0);
    expect(table.size(1000 * S), 'still waiting').to.equal(1);
    table.close(1000 * S, SYN_SENT, SYN_SENT);
    expect(table.size(1119 * S)).to.equal(1);
    expect(table.size(1120 * S)).to.equal(0);
  });

  it('forgets a flow at once that was refused (measured: npm run fidelity)', () => {
    const table = create();
    table.open(0);
    table.refused(1e6);
    expect(table.size(1e6)).to.equal(0);
    expect(inState(table, 1e6)).to.deep.equal({});
  });

  it('counts an open flow as long as it is open', () => {
    const table = create();
    table.open(0);
    table.established();
    expect(inState(table, 1e6 * S)).to.deep.equal({ ESTABLISHED: 1 });
  });

  it('forgets a UDP flow 30 s after its last packet, 120 s when it was answered', () => {
    const table = create();
    let until = table.datagram(0, -1, UDP, UDP);
    expect(table.size(29 * S)).to.equal(1);
    until = table.datagram(29 * S, until, UDP, UDP_STREAM);
    expect(inState(table, 148 * S)).to.deep.equal({ UDP_STREAM: 1 });
    expect(table.size(149 * S)).to.equal(0);
    until = table.datagram(200 * S, until, UDP_STREAM, UDP);
    expect(table.size(200 * S)).to.equal(1);
    table.flush(201 * S, until, UDP);
    expect(table.size(201 * S)).to.equal(0);
    table.flush(400 * S, until, UDP);
    expect(table.size(400 * S), 'gone already').to.equal(0);
  });

  it('drops new flows when it is full, and leaves those that are there alone', () => {
    const table = create(1000);
    for (let i = 0; i < 1000; i++) {
      expect(table.open(0)).to.equal(true);
      table.established();
    }
    expect(table.open(S)).to.equal(false);
    expect(table.dropped).to.equal(1);
    expect(table.size(2 * S)).to.equal(1000);
    expect(table.peak).to.equal(1000);
    table.openWindow(2 * S);
    expect(table.dropped).to.equal(0);
    expect(table.peak).to.equal(1000);
  });

  it('drops an unanswered flow early for a new one, when the kernel finds it in 32 entries', () => {
    let uniform = 0;
    const table = create(1000, () => uniform);
    for (let i = 0; i < 1000; i++) {
      table.open(0);
      if (i < 990) table.established();
      else table.close(0, SYN_SENT, SYN_SENT);
    }
    // 10 of 1000 are unanswered: 32 entries hold none of them with 0.99^32 = 72.5 %
    uniform = 0.72;
    expect(table.open(S)).to.equal(false);
    uniform = 0.73;
    expect(table.open(S)).to.equal(true);
    expect(table.evicted).to.equal(1);
    expect(table.size(S)).to.equal(1000);
    expect(table.size(120 * S), 'the other nine end').to.equal(991);
  });

  it('fills at 131072 ÷ 120 s ≈ 1092 short connections a second', () => {
    const dropped = [1050, 1150].map((rate) => {
      const table = create();
      for (let second = 0; second < 300; second++) for (let i = 0; i < rate; i++) short(table, second * S);
      return table.dropped;
    });
    expect(dropped[0]).to.equal(0);
    expect(dropped[1]).to.be.above(0);
  });

  it('agrees with a table of entries, whatever comes', () => {
    const table = create();
    let ends: number[] = [];
    let state = 12345;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let now = 0; now < 2000; now += random(4)) {
      const to = [TIME_WAIT, CLOSE][random(2)];
      short(table, now * S, to);
      ends.push(now + (to === CLOSE ? 10 : 120));
      ends = ends.filter((end) => end > now);
      expect(table.size(now * S)).to.equal(ends.length);
    }
  });
});
