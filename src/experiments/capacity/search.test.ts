import { expect } from 'chai';
import { assert, asyncProperty, integer, property } from 'fast-check';
import type { Decision } from '../threshold-decision.ts';
import { findBoundary, mostVerdicts } from './search.ts';

/** Points before `answer` fail, the others hold. */
const ordered =
  (answer: number) =>
  async (index: number): Promise<Decision> =>
    index < answer ? 'fails' : 'holds';

describe('the search along a knob', () => {
  it('finds the boundary, with a neighbour that fails, in a logarithmic number of looks', () =>
    assert(
      asyncProperty(integer({ min: 1, max: 300 }), integer({ min: 0, max: 299 }), async (points, at) => {
        const answer = at % points;
        const { verdicts, disorder, ...found } = await findBoundary(points, ordered(answer));
        expect(found).to.deep.equal({ answer, candidates: null });
        expect(disorder).to.have.length(0);
        if (answer > 0) expect(verdicts.get(answer - 1)).to.equal('fails');
        if (answer + 1 < points) expect(verdicts.get(answer + 1)).to.equal('holds');
        expect(verdicts.size).to.be.at.most(mostVerdicts(points));
      }),
      { numRuns: 300 },
    ));

  it('has no answer where the easiest point fails, and looks no further', async () => {
    const { answer, candidates, verdicts } = await findBoundary(40, ordered(40));
    expect([answer, candidates, verdicts.size]).to.deep.equal([null, null, 1]);
  });

  it('leaves the candidates where points stay open, and looks right beside them', async () => {
    const look = async (index: number): Promise<Decision> => (index < 17 ? 'fails' : index < 20 ? 'open' : 'holds');
    const { answer, candidates, verdicts } = await findBoundary(64, look);
    expect([answer, candidates]).to.deep.equal([null, [17, 20]]);
    expect([verdicts.get(16), verdicts.get(20)]).to.deep.equal(['fails', 'holds']);
    expect(verdicts.size).to.be.at.most(15);
  });

  it('takes up to the easiest point for candidates where that is open', async () => {
    const look = async (index: number): Promise<Decision> => (index < 3 ? 'fails' : 'open');
    expect((await findBoundary(5, look)).candidates).to.deep.equal([3, 4]);
  });

  it('reports an easier neighbour that fails', async () => {
    const holding = [8, 10, 11, 12, 13, 14, 15];
    const { answer, disorder } = await findBoundary(16, async (index) => (holding.includes(index) ? 'holds' : 'fails'));
    expect(answer).to.equal(10); // 9 fails
    expect(disorder).to.deep.equal([]); // 8 was never looked at
    const gap = await findBoundary(16, async (index) => (index < 7 || index === 8 ? 'fails' : 'holds'));
    expect(gap.answer).to.equal(7);
    expect(gap.disorder).to.deep.equal([[7, 8]]);
  });

  it('needs few more verdicts than halvings', () => {
    assert(property(integer({ min: 2, max: 10_000 }), (points) => mostVerdicts(points) <= Math.log2(points) + 4));
  });
});
