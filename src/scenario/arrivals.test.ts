import { expect } from 'chai';
import { scenario, sectionIssues } from '../testing/scenarios.ts';
import type { ArrivalSpec } from './scenario.ts';

function sections(arrivals: string): string {
  return `  clients: [ { name: c, target: http://web/, arrivals: ${arrivals} } ]`;
}

async function read(arrivals: string): Promise<ArrivalSpec> {
  return (await scenario(sections(arrivals))).clients[0].arrivals;
}

describe('arrivals as written', () => {
  it('takes the sum of stages, a day and bursts', async () => {
    const shape =
      '[ { stages: [ { duration: 1m, target: 10/s } ] }, { diurnal: { low: 5/s, high: 15/s } }, { burst: { at: 10s, duration: 2s, rate: 50/s, every: 1m } } ]';
    expect(await read(`{ shape: ${shape} }`)).to.deep.include({
      rate: {
        type: 'shape',
        parts: [
          { type: 'stages', startRate: 0, stages: [{ durationNs: 60e9, target: 10 }] },
          { type: 'diurnal', low: 5, high: 15, periodNs: 86_400e9, peakAtNs: 43_200e9 },
          { type: 'burst', atNs: 10e9, durationNs: 2e9, rate: 50, everyNs: 60e9 },
        ],
      },
    });
  });

  it('takes mmpp, renewal and batches', async () => {
    expect(await read('{ process: mmpp, rates: [50/s, 500/s], dwell: [9s, 1s], batch: 3 }')).to.deep.equal({
      type: 'open',
      steps: { law: 'exponential', mean: 1 },
      rate: { type: 'mmpp', rates: [50, 500], dwellNs: [9e9, 1e9] },
      batch: { law: 'constant', value: 3 },
    });
    expect(await read('{ process: renewal, law: { law: gamma, mean: 1s, cv: 2 }, rate: 10/s, batch: { law: geometric, mean: 2.5 } }')).to.deep.include({
      steps: { law: 'gamma', mean: 1, cv: 2 },
      batch: { law: 'geometric', mean: 2.5 },
    });
  });

  const wrong: [string, string][] = [
    ['{ rate: 10/s, shape: [ { burst: { at: 0s, duration: 1s, rate: 1/s } } ] }', 'spec.clients[0].arrivals: rate beside shape'],
    ['{ shape: [] }', 'spec.clients[0].arrivals.shape: empty'],
    ['{ shape: [ {} ] }', 'spec.clients[0].arrivals.shape[0]: empty (one of stages, diurnal and burst in each entry)'],
    ['{ shape: [ { stages: [] } ] }', 'spec.clients[0].arrivals.shape[0].stages: empty'],
    [
      '{ shape: [ { stages: [ { duration: 1s, target: 1/s } ], diurnal: { low: 1/s, high: 2/s } } ] }',
      'shape[0]: several shapes in one entry "stages, diurnal"',
    ],
    ['{ shape: [ { stages: [ { duration: 1s, target: -1/s } ] } ] }', 'shape[0].stages[0].target: negative rate "-1/s"'],
    ['{ shape: [ { stages: [ { duration: 1s, target: 0/s } ] } ] }', 'arrivals.shape: no request ever comes (one target is above 0)'],
    ['{ shape: [ { diurnal: { low: 5/s, high: 2/s } } ] }', 'diurnal.high: high is smaller than low "2/s"'],
    ['{ shape: [ { diurnal: { low: 5/s, high: 7/s, period: 0s } } ] }', 'diurnal.period: must be longer than 0s "0s"'],
    ['{ shape: [ { diurnal: { low: 5/s, high: 7/s, period: 1us } } ] }', 'diurnal.period: too short for this rate "1us"'],
    ['{ shape: [ { diurnal: { low: 5/s, high: 7/s, peak: 1h } } ] }', 'unknown key "peak"'],
    ['{ shape: [ { burst: { at: 1s, duration: 5s, rate: 5/s, every: 4s } } ] }', 'burst.every: bursts longer than the time between them "4s" (duration is 5s)'],
    ['{ shape: [ { burst: { at: 1s, duration: 5s } } ] }', 'rate is missing'],
    ['{ process: mmpp, rate: 5/s, rates: [1/s, 2/s], dwell: [1s, 1s] }', 'arrivals.rate: rate beside process: mmpp'],
    ['{ process: mmpp, rates: [5/s] }', 'arrivals: dwell is missing (process: mmpp takes e.g. rates: [50/s, 500/s], dwell: [9s, 1s])'],
    ['{ process: mmpp, rates: [5/s, 6/s], dwell: [1s] }', 'arrivals.dwell: as many dwell times as rates "1" (there are 2 rates)'],
    ['{ process: mmpp, rates: [5/s, -6/s], dwell: [1s, 1s] }', 'arrivals.rates[1]: negative rate "-6/s"'],
    ['{ process: mmpp, rates: [0/s, 0/s], dwell: [1s, 1s] }', 'arrivals.rates: no request ever comes'],
    ['{ process: mmpp, rates: [1/s, 2/s], dwell: [1s, 0s] }', 'arrivals.dwell[1]: must be longer than 0s'],
    ['{ process: mmpp, rates: [1/h, 2/h], dwell: [1ms, 1ms] }', 'arrivals.dwell: too short for these rates'],
    ['{ rate: 1/s, rates: [1/s] }', 'arrivals.rates: rates without process: mmpp (process is poisson)'],
    ['{ process: renewal, rate: 1/s }', 'arrivals: law is missing'],
    ['{ process: renewal, rate: 1/s, law: 0s }', 'arrivals.law: a law that is always 0'],
    ['{ process: renewal, rate: 1/s, law: { law: erlang, mean: 1s } }', 'arrivals.law: parameters that do not fit law erlang "mean"'],
    ['{ process: weibull, rate: 1/s }', 'arrivals.process: unknown value "weibull"'],
    ['{ rate: 1/s, batch: 0 }', 'arrivals.batch: number out of range "0"'],
    ['{ rate: 1/s, batch: 2.5 }', 'arrivals.batch'],
    ['{ rate: 1/s, batch: 1000000000 }', 'arrivals.batch: number out of range "1000000000" (must be <= 100000)'],
    ['{ rate: 1/s, batch: { law: geometric } }', 'arrivals.batch: parameters that do not fit law geometric "none" (geometric takes mean)'],
    ['{ rate: 1/s, batch: { law: uniform, min: 5, max: 2 } }', 'arrivals.batch.max: max is smaller than min "2"'],
    ['{ rate: 1/s, batch: { law: discrete, values: [1, 2], weights: [1] } }', 'arrivals.batch.weights: as many weights as values "1"'],
    ['{ rate: 1/s, batch: { law: discrete, values: [1, 2], weights: [0, 0] } }', 'arrivals.batch.weights: all weights are 0'],
    ['{ rate: 1/s, batch: { law: poisson, mean: 2 } }', 'arrivals.batch.law: unknown value "poisson"'],
  ];
  for (const [arrivals, message] of wrong) {
    it(`refuses ${arrivals}`, async () => {
      const found = await sectionIssues(sections(arrivals));
      expect(found.join('\n')).to.contain(message);
      expect(found, found.join('\n')).to.have.length(1);
    });
  }
});
