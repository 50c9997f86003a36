import { expect } from 'chai';
import { formatDuration, formatRate, formatShare, formatSize, isUnitProblem, parseDuration, parseQuantity, parseRate, parseShare, parseSize } from './units.ts';

describe('units', () => {
  it('reads durations as nanoseconds', () => {
    const cases: [string, number][] = [
      ['50us', 50e3],
      ['12ms', 12e6],
      ['2s', 2e9],
      ['5m', 300e9],
      ['1h', 3600e9],
      ['7ns', 7],
      ['1m30s', 90e9],
      ['2.5ms', 2.5e6],
      ['0s', 0],
    ];
    for (const [text, ns] of cases) expect(parseDuration(text), text).to.equal(ns);
  });

  it('names a missing unit', () => {
    expect(parseDuration(5)).to.deep.equal({ problem: 'duration without a unit', hint: 'write 50us, 250ms, 2s, 5m or 1h' });
    expect(parseDuration('0')).to.have.property('problem', 'duration without a unit');
    expect(parseRate(5)).to.have.property('problem', 'rate without a unit');
    expect(parseSize(5)).to.have.property('problem', 'size without a unit');
    expect(parseShare(5)).to.have.property('problem', 'share without %');
  });

  it('refuses what is no quantity', () => {
    for (const text of ['', 'x', '5 s', '-1s', '1s2', '1e3s', 'ms', '1.s', null, {}]) expect(isUnitProblem(parseDuration(text)), String(text)).to.equal(true);
    for (const text of ['/s', '-2/s', '2/d', '2', '1e9/s']) expect(isUnitProblem(parseRate(text)), text).to.equal(true);
    for (const text of ['1KB', '1 KiB', '-1KiB']) expect(isUnitProblem(parseSize(text)), text).to.equal(true);
    expect(isUnitProblem(parseDuration(`${'9'.repeat(400)}s`))).to.equal(true);
  });

  it('reads rates, sizes, shares and Kubernetes quantities', () => {
    expect(parseRate('2000/s')).to.equal(2000);
    expect(parseRate('2.5k/s')).to.equal(2500);
    expect(parseRate('30/m')).to.equal(0.5);
    expect(parseSize('8KiB')).to.equal(8192);
    expect(parseShare('0.1%')).to.equal(0.001);
    expect(parseQuantity('250m')).to.equal(0.25);
    expect(parseQuantity('64Mi')).to.equal(67108864);
    expect(parseQuantity('1e3')).to.equal(1000);
    expect(parseQuantity(2)).to.equal(2);
    expect(isUnitProblem(parseQuantity('2cores'))).to.equal(true);
  });

  it('writes for people', () => {
    expect([0, 8.3e-7, 50e-6, 0.01234, 1.8412, 59.96, 90, 5400].map(formatDuration)).to.deep.equal([
      '0s',
      '830ns',
      '50us',
      '12.3ms',
      '1.84s',
      '60s',
      '1m30s',
      '1h30m',
    ]);
    expect([12, 2100, 0.5, 1.5e6].map(formatRate)).to.deep.equal(['12/s', '2.1k/s', '0.5/s', '1.5M/s']);
    expect([512, 1572864].map(formatSize)).to.deep.equal(['512B', '1.5MiB']);
    expect(formatShare(0.0512)).to.equal('5.12%');
  });
});
