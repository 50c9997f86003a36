import { expect } from 'chai';
import type { SeriesResult, ServiceResult } from '../experiments/result.ts';
import { bareResult, fixtureResult } from '../testing/result-fixture.ts';
import {
  areMeansMisleading,
  cellLabel,
  doRanksDiffer,
  drawnServices,
  levelRows,
  littleRows,
  naturalOrder,
  podRows,
  podTimeMatrix,
  rankRows,
  shortLabels,
  stickinessMatrix,
} from './tables.ts';

const [cell] = fixtureResult().cells;
const checkout = cell.services['default/checkout'];

describe('tidy rows', () => {
  it('read numbers in names as numbers', () => {
    expect(['10.0.10.0/24', '10.0.2.0/24', '10.0.2', 'a'].sort(naturalOrder)).to.deep.equal(['10.0.2', '10.0.2.0/24', '10.0.10.0/24', 'a']);
  });

  it('shorten pod names to what differs, and stay unique', () => {
    expect(shortLabels(['checkout-7d9c5b8f6d-x2k4p', 'checkout-7d9c5b8f6d-bb2lp'])).to.deep.equal(['…x2k4p', '…bb2lp']);
    expect(shortLabels(['web-0', 'web-1'])).to.deep.equal(['web-0', 'web-1']);
    expect(shortLabels(['only-one-pod-of-its-kind'])).to.deep.equal(['only-one-pod-of-its-kind']);
  });

  it('keep pods in order of creation, not of name', () => {
    expect(podRows(checkout).map((row) => row.pod)).to.deep.equal(checkout.map.pods);
  });

  it('take levels from the distribution, or from the named percentiles', () => {
    expect(levelRows(cell, ['storefront']).map((row) => row.p)).to.include.members([0, 97.5, 99.999, 100]);
    expect(levelRows(bareResult().cells[0], ['storefront']).map((row) => row.p)).to.deep.equal([50, 90, 95, 99, 99.9, 100]);
  });

  it('draw Services with several pods before those with one', () => {
    expect(drawnServices(cell)).to.deep.include({ left: 1 });
    expect(drawnServices(cell).drawn.map(([name]) => name)).to.deep.equal(['default/checkout']);
  });

  it('draw no Service without traffic', () => {
    const idle = Object.fromEntries(Object.entries(checkout.pods).map(([name, pod]) => [name, { ...pod, requests: { value: 0, noInterval: '' } }]));
    expect(drawnServices({ ...cell, services: { 'default/checkout': { ...checkout, pods: idle } } }).drawn).to.deep.equal([]);
  });

  it('rank pods within runs, and know when means by pod hide that', () => {
    const pod = checkout.pods[checkout.map.pods[0]];
    const half = { ...pod, share: { value: 0.5, noInterval: '' }, requests: { value: 50, noInterval: '' } };
    const pinned = {
      ...checkout,
      pods: { a: half, b: half },
      load: { ...checkout.load, busiestShare: { value: 1, noInterval: '' }, byRank: [1, 0].map((value) => ({ value, noInterval: '' })) },
    };
    expect(areMeansMisleading(pinned)).to.equal(true);
    expect(areMeansMisleading(checkout)).to.equal(false);
    const slightly = { ...pinned, load: { ...pinned.load, busiestShare: { value: 0.55, noInterval: '' } } };
    expect([doRanksDiffer(slightly), areMeansMisleading(slightly), doRanksDiffer(checkout)]).to.deep.equal([true, false, false]);
    expect(rankRows(pinned).map(({ label, share, requests }) => [label, share, requests])).to.deep.equal([
      ['busiest', 1, 100],
      ['2nd', 0, 0],
    ]);
  });

  it('count a pod of two Services once in Little’s law', () => {
    const twice = { ...cell, services: { 'default/a': checkout, 'default/b': checkout } };
    expect(littleRows(twice)).to.have.length(10);
  });

  it('label a cell by its axes', () => {
    expect(cellLabel({ ...cell, axes: { age: '0s', replicas: 4 } })).to.equal('age=0s, replicas=4');
  });
});

describe('maps too large to read', () => {
  const pods = Array.from({ length: 200 }, (_, i) => `web-${i}`);
  const series: SeriesResult = {
    ...(cell.series as SeriesResult),
    step: 1,
    from: 0,
    to: 240,
    offered: Array(240).fill(1),
    pods: Object.fromEntries(pods.map((pod, i) => [`default/${pod}`, Array(240).fill(i)])),
  };
  const groups = Array.from({ length: 500 }, (_, i) => `10.0.${i}`);
  const service: ServiceResult = {
    ...checkout,
    pods: Object.fromEntries(pods.map((pod) => [pod, checkout.pods[checkout.map.pods[0]]])),
    map: { groups, pods, requests: groups.map((_, i) => pods.map(() => i)) },
  };

  it('measure the last step by what there is of it', () => {
    const [pod] = Object.keys(checkout.pods);
    const short: SeriesResult = { ...series, step: 10, from: 0, to: 14, offered: [100, 40], pods: { [`default/${pod}`]: [100, 40] } };
    expect(podTimeMatrix('default', checkout, short)?.values[0]).to.deep.equal([10, 10]);
  });

  it('merge pods and times to their means, and say so', () => {
    const matrix = podTimeMatrix('default', service, series);
    expect(matrix?.rows).to.have.length(50);
    expect(matrix?.rows[0]).to.equal('1 to 4');
    expect(matrix?.values[0]).to.have.length(120);
    expect(matrix?.values[0][0]).to.equal(1.5);
    expect(matrix?.notes.join(' ')).to.contain('mean of 4 pods').and.to.contain('mean of 2 steps');
  });

  it('keep the client groups with most requests, and say so', () => {
    const matrix = stickinessMatrix(service);
    expect(matrix.rows).to.have.length(60);
    expect(matrix.rows[0]).to.equal('10.0.440');
    expect(matrix.columns).to.have.length(50);
    expect(matrix.notes.join(' ')).to.contain('of 500');
  });
});
