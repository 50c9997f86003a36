/** The pages of `plan` and `check`, and their charts: as stored, valid, without warnings, and whatever names hold, nothing of it runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { MetricChange } from '../experiments/gate/check-result.ts';
import { capacityFixture, checkFixture } from '../testing/capacity-fixture.ts';
import type { Drawing, VegaLiteSpec } from './chart.ts';
import { checkPage, planPage } from './index.ts';
import { capacityDrawings } from './specs/capacity-curve.ts';
import { regressionDrawing } from './specs/regression.ts';
import { sensitivityDrawing } from './specs/sensitivity.ts';
import { LIGHT } from './theme.ts';
import { compileSpec, drawSvg } from './vega.ts';

const SNAPSHOTS = resolve('src/report/specs/__snapshots__');
const DRAWINGS: readonly (readonly [string, Drawing | null])[] = [
  ['capacity-curve', capacityDrawings(capacityFixture())[0]],
  ['sensitivity', sensitivityDrawing(capacityFixture())],
  ['regression', regressionDrawing(checkFixture())],
];
const HOSTILE = '</script><img src=x onerror=alert(1)>';

describe('the pages of plan and check', function () {
  this.timeout(60_000);

  for (const [name, drawing] of DRAWINGS) {
    it(`${name} is as stored, and drawn without a warning`, async () => {
      if (drawing === null) throw new Error('nothing drawn');
      const file = `${SNAPSHOTS}/${name}.json`;
      const now = JSON.stringify(drawing.spec, null, 2);
      if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(file, `${now}\n`);
      expect(JSON.parse(now)).to.deep.equal(JSON.parse(readFileSync(file, 'utf8')));
      const svg = await drawSvg(compileSpec(drawing.spec, LIGHT), 'x');
      expect(svg)
        .to.match(/class="mark-(line|symbol|rule)/)
        .and.not.to.match(/NaN|Infinity/);
      expect(drawing.table.rows).to.have.length.above(1);
    });
  }

  it('are valid by the schema of Vega-Lite', () => {
    const schema: object = JSON.parse(readFileSync(new URL('vega-lite-schema.json', import.meta.resolve('vega-lite')), 'utf8'));
    const valid = new Ajv({ strict: false, validateFormats: false }).compile<VegaLiteSpec>(schema);
    for (const [name, drawing] of DRAWINGS)
      expect(valid(JSON.parse(JSON.stringify(drawing?.spec))), `${name}: ${JSON.stringify(valid.errors?.slice(0, 2))}`).to.equal(true);
  });

  it('say the answer and its neighbours, the verdict and the cause, on the first screen', async () => {
    const plan = await planPage(capacityFixture(), 'evenkeel plan x.yaml');
    expect(plan)
      .to.include('The smallest deployment/shop.spec.replicas that holds: 5')
      .and.include('4 fails, 5 holds, 6 holds too.')
      .and.include('evenkeel plan x.yaml');
    const check = await checkPage(checkFixture(), 'evenkeel check x.yaml');
    expect(check).to.include('shop failed').and.include('113 ms → 305 ms, +170 % (≥ +135 %), allowed +5 %').and.include('spec.limits.cpu');
    expect(await planPage(capacityFixture(), 'evenkeel plan x.yaml'), 'the same bytes').to.equal(plan);
  });

  it('say of a change that cannot be told both bounds, and of a threshold why it has no interval', async () => {
    const { cells, ...check } = checkFixture();
    const [cell] = cells;
    const threshold = { ...cell.thresholds[0], ok: true, conclusive: false, noInterval: 'one replication', heldIn: '1/1' };
    const change = { ...cell.against?.metrics[1], verdict: 'inconclusive' as const, change: 0.1, low: -0.03, high: 0.12 } as MetricChange;
    const against = cell.against === null ? null : { ...cell.against, metrics: [change, { ...change, worse: 'less' as const }] };
    const page = await checkPage({ ...check, cells: [{ ...cell, thresholds: [threshold], against }] }, 'x');
    expect(page)
      .to.include('+10 % (−3 % … +12 %)')
      .and.include('−10 % (−12 % … +3 %)')
      .and.include('no interval: one replication (six replications on one side decide)');
  });

  it('hold the document itself, and run nothing that a name says', async () => {
    for (const page of [await planPage(capacityFixture(HOSTILE), HOSTILE), await checkPage(checkFixture(HOSTILE, HOSTILE), HOSTILE)]) {
      expect(page).not.to.include('<img');
      const data = /<script type="application\/json" id="evenkeel-(?:plan|check)">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
      expect(JSON.parse(data).scenario.name).to.equal(HOSTILE);
    }
  });

  it('draw a plan without an answer, and a check without a baseline', async () => {
    const { points, ...rest } = capacityFixture();
    const none = await planPage({ ...rest, points: points.slice(0, 2), outcome: 'none', answer: null, sensitivity: [] }, 'x');
    expect(none).to.include('deployment/shop.spec.replicas: none').and.not.to.include('What moves the answer');
    const open = await planPage({ ...rest, points, outcome: 'undecided', answer: null, candidates: ['4', '5'], sensitivity: [] }, 'x');
    expect(open).to.include('undecided: between 4 and 5');
    const { cells, ...check } = checkFixture();
    expect(await checkPage({ ...check, baseline: null, cells: cells.map((cell) => ({ ...cell, against: null })) }, 'x')).to.include('No baseline was given');
  });
});
