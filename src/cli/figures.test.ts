import { expect } from 'chai';
import { durationWithInterval } from './figures.ts';

describe('figures of tables', () => {
  it('name the unit of an interval once, or at each end where they differ', () => {
    expect(durationWithInterval({ value: 0.084, low: 0.082, high: 0.0862 }, 30)).to.equal('84ms [82, 86.2]');
    expect(durationWithInterval({ value: 1.57, low: 0.922, high: 2.22 }, 30)).to.equal('1.57s [922ms, 2.22s]');
  });
});
