import { expect } from 'chai';
import { fixtureResult } from '../testing/result-fixture.ts';
import { parseExpression, thresholdSentence, thresholdState, thresholdValue } from './thresholds.ts';
import { assumptionRows, defaultCell, verdict } from './verdict.ts';

describe('thresholds in words', () => {
  it('are read in their own unit', () => {
    expect(parseExpression('p(99)<120ms')).to.deep.include({ statistic: 'p(99)', operator: '<', limit: 0.12 });
    expect(parseExpression('rate<0.1%')).to.deep.include({ statistic: 'rate', limit: 0.001 });
    expect(parseExpression('jain>=0.95')).to.deep.include({ statistic: 'jain', operator: '>=', limit: 0.95 });
    expect(parseExpression('something else')).to.equal(undefined);
  });

  it('say what was asked, what came out, and in how many runs it held', () => {
    const [threshold] = fixtureResult().cells[0].thresholds;
    expect(thresholdSentence(threshold)).to.equal(
      'p(99) of request_duration{client=storefront} is 184 ms where < 120 ms was asked (held in 0/20 replications)',
    );
    expect(thresholdSentence({ ...threshold, expr: 'odd', value: 'inf' })).to.equal(
      'request_duration{client=storefront} odd is not ended (held in 0/20 replications)',
    );
  });

  it('show a value in the unit of the limit, with the digits that tell it from the limit', () => {
    const [threshold] = fixtureResult().cells[0].thresholds;
    const shown = (expr: string, value: number) => thresholdValue({ ...threshold, expr, value });
    expect(shown('jain>=0.9999', 0.99987)).to.equal('0.99987');
    expect(shown('jain>=0.9999', 0.99989999)).to.equal('0.99989999');
    expect(shown('samePod==100%', 1)).to.equal('100 %');
    expect(shown('busiestShare<0.3', 0.25)).to.equal('25 %');
    expect(shown('p(99)<150ms', 0.1501)).to.equal('150.1 ms');
    expect(shown('p(99)<3s', 3)).to.equal('3 s');
    expect(thresholdSentence({ ...threshold, expr: 'jain>=0.9999', value: 0.99987 })).to.contain('is 0.99987 where >= 0.9999 was asked');
  });

  it('are failed when one failed beyond doubt, undecided when none did but one is in doubt', () => {
    const [passed] = fixtureResult().cells[1].thresholds;
    expect(thresholdState([])).to.equal('none');
    expect(thresholdState([passed])).to.equal('passed');
    expect(thresholdState([passed, { ...passed, conclusive: false }])).to.equal('inconclusive');
    expect(
      thresholdState([
        { ...passed, ok: false },
        { ...passed, conclusive: false },
      ]),
    ).to.equal('failed');
  });
});

describe('the verdict', () => {
  const result = fixtureResult();

  it('counts failures over all cells and names saturated workloads', () => {
    const { headline, sentences, state } = verdict(result);
    expect(state).to.equal('failed');
    expect(headline).to.equal('3 of 9 thresholds in 3 cells failed, 1 undecided');
    expect(sentences.at(-1)).to.contain('Saturated: deployment/cart.default').and.to.contain('Nothing bounds its queue');
  });

  it('shows the first cell that fails', () => {
    expect(defaultCell({ ...result, cells: [result.cells[1], result.cells[0]] })?.id).to.equal(0);
    expect(defaultCell({ ...result, cells: [result.cells[1]] })?.id).to.equal(1);
  });

  it('puts assumptions that move results most first, equal ones of several workloads together', () => {
    expect(assumptionRows(result).map((row) => row.what)).to.deep.equal([
      'cluster.kubeProxy.mode',
      'service of deployment/cart.default, deployment/checkout.default',
      'concurrency of deployment/checkout.default, deployment/cart.default',
      'cluster.network.latency',
    ]);
  });
});
