import { expect } from 'chai';
import { Conntrack } from './conntrack.ts';

const S = 1e9;

describe('connection tracking of a node', () => {
  it('holds 32768 flows per core, and at least 131072', () => {
    expect([1, 4, 8].map((cores) => new Conntrack(cores).limit)).to.deep.equal([131072, 131072, 262144]);
  });

  it('drops new flows when it is full, and leaves those it knows alone', () => {
    const table = new Conntrack(1);
    for (let i = 0; i < table.limit; i++) table.open(0);
    expect(table.dropped).to.equal(0);
    expect(table.open(1)).to.equal(false);
    expect(table.dropped).to.equal(1);
    expect(table.size(2)).to.equal(table.limit);
  });

  it('remembers a closed flow for 120 s, TIME_WAIT', () => {
    const table = new Conntrack(1);
    table.open(0);
    table.open(0);
    table.close(10 * S);
    expect(table.size(129.9 * S)).to.equal(2);
    expect(table.size(130 * S)).to.equal(1);
    expect(table.size(1e6 * S)).to.equal(1); // the other was never closed
  });

  it('counts right when nothing was asked for a long time', () => {
    const table = new Conntrack(1);
    for (let second = 0; second < 100; second++) {
      table.open(second * S);
      table.close(second * S);
    }
    expect(table.size(150 * S)).to.equal(69); // those of seconds 31 … 99
    expect(table.size(5000 * S)).to.equal(0);
    expect(table.open(5000 * S)).to.equal(true);
  });

  it('fills at 131072 ÷ 120 s ≈ 1092 short connections a second', () => {
    const sizes = [1050, 1150].map((rate) => {
      const table = new Conntrack(4);
      for (let second = 0; second < 300; second++) {
        for (let i = 0; i < rate; i++) if (table.open(second * S)) table.close(second * S);
      }
      return table.dropped;
    });
    expect(sizes[0]).to.equal(0);
    expect(sizes[1]).to.be.above(0);
  });
});
