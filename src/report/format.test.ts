import { expect } from 'chai';
import { formatEstimate, formatNumber, formatSeconds, formatShare, formatValue } from './format.ts';

describe('numbers in a report', () => {
  it('have three significant digits and the unit that fits', () => {
    expect([0, 50e-6, 0.0841, 0.9996, 1.84, 95, 1260, 9000].map(formatSeconds)).to.deep.equal([
      '0 s',
      '50 µs',
      '84.1 ms',
      '1 s',
      '1.84 s',
      '95 s',
      '21 min',
      '2.5 h',
    ]);
    expect([0, 0.00227, 0.25, 1].map(formatShare)).to.deep.equal(['0 %', '0.227 %', '25 %', '100 %']);
  });

  it('are grouped by thousands, and never exponential where people read them', () => {
    expect([43_200_000, 1234.5, 999, 0.0000278, -12.34].map(formatNumber)).to.deep.equal(['43,200,000', '1,235', '999', '0.0000278', '−12.3']);
  });

  it('name what is not a number', () => {
    expect(formatValue(null, formatSeconds)).to.equal('no observation');
    expect(formatValue('inf', formatSeconds)).to.equal('not ended');
  });

  it('carry their interval, unless it has no width', () => {
    expect(formatEstimate({ value: 0.084, low: 0.082, high: 0.086 }, formatSeconds)).to.equal('84 ms (82 ms to 86 ms)');
    expect(formatEstimate({ value: 1, low: 1, high: 1 }, formatNumber)).to.equal('1');
    expect(formatEstimate({ value: 0.5, noInterval: 'one replication' }, formatSeconds)).to.equal('500 ms');
  });
});
