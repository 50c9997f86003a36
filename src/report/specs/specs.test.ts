/**
 * Every chart's specification: as stored in `__snapshots__/`, valid by Vega-Lite's own schema, without warnings.
 *
 * Rows are cut to their number and the first one. `UPDATE_SNAPSHOTS=1 npx mocha …`, then `npx biome format --write`, writes the files again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { Estimate, Result } from '../../experiments/result.ts';
import { bareResult, fixtureResult } from '../../testing/result-fixture.ts';
import type { Drawing, VegaLiteSpec } from '../chart.ts';
import { charts } from '../charts.ts';
import { BY_VARIABLE, LIGHT } from '../theme.ts';
import { compileSpec, drawSvg } from '../vega.ts';
import { cellsComparison } from './cells-comparison.ts';
import { latencyPercentiles } from './latency-percentiles.ts';

const SNAPSHOTS = resolve('src/report/specs/__snapshots__');
const result = fixtureResult();

function drawings(of: Result): { readonly name: string; readonly drawing: Drawing }[] {
  return of.cells.flatMap((cell) =>
    charts.flatMap((chart) => {
      const drawn = chart.draw(of, cell);
      return typeof drawn === 'string' ? [] : drawn.map((drawing, i) => ({ name: `${chart.name}-${i}`, drawing }));
    }),
  );
}

/** The specification with each data set as its number of rows and its first row. */
function shape(spec: unknown): unknown {
  if (Array.isArray(spec)) return spec.map(shape);
  if (typeof spec !== 'object' || spec === null) return spec;
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) =>
      key === 'data' && Array.isArray(value.values) ? [key, { name: value.name, rows: value.values.length, first: value.values[0] }] : [key, shape(value)],
    ),
  );
}

describe('chart specifications', () => {
  const first = drawings({ ...result, cells: [result.cells[0]] }).concat(
    drawings(result)
      .filter(({ name }) => name.startsWith('cells-comparison'))
      .slice(0, 3),
  );

  for (const { name, drawing } of first) {
    it(`${name} is as stored`, () => {
      const file = `${SNAPSHOTS}/${name}.json`;
      const now = JSON.stringify(shape(drawing.spec), null, 2);
      if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(file, `${now}\n`);
      expect(JSON.parse(now)).to.deep.equal(JSON.parse(readFileSync(file, 'utf8')));
    });
  }

  it('are valid by the schema of Vega-Lite', () => {
    const schema: object = JSON.parse(readFileSync(new URL('vega-lite-schema.json', import.meta.resolve('vega-lite')), 'utf8'));
    const valid = new Ajv({ strict: false, validateFormats: false }).compile<VegaLiteSpec>(schema);
    for (const { name, drawing } of drawings(result)) {
      expect(valid(JSON.parse(JSON.stringify(drawing.spec))), `${name}: ${JSON.stringify(valid.errors?.slice(0, 3))}`).to.equal(true);
    }
  }).timeout(60_000);

  it('compile without a warning in both colourings, for every cell', () => {
    for (const { drawing } of [...drawings(result), ...drawings(bareResult())])
      for (const palette of [LIGHT, BY_VARIABLE]) expect(() => compileSpec(drawing.spec, palette)).not.to.throw();
  });

  it('draw marks, describe themselves and use no random numbers', async () => {
    for (const { name, drawing } of drawings(result)) {
      const spec = compileSpec(drawing.spec, LIGHT);
      const svg = await drawSvg(spec, 'x');
      expect(svg, name).to.match(/class="mark-(line|rect|symbol|rule)/);
      expect(svg, name).to.contain('aria-label');
      expect(svg.includes('NaN'), name).to.equal(false);
      expect(await drawSvg(spec, 'x'), name).to.equal(svg);
      expect(JSON.stringify(drawing.spec)).not.to.contain('errorbar');
    }
  }).timeout(30_000);

  it('keep a log axis where levels and ends of intervals are zero', async () => {
    const [cell] = fixtureResult().cells;
    const levels = [0, 0, 0.04, 20].map((value, i) => ({ p: [0, 50, 99, 100][i], value }));
    const p99 = { value: 0.04, low: -0.01, high: 0.09 };
    const fast = { value: 0, low: 0, high: 0 };
    const client = { ...cell.clients.storefront, distribution: levels, request_duration: { ...cell.clients.storefront.request_duration, p50: fast, p99 } };
    const drawn = latencyPercentiles.draw(result, { ...cell, clients: { a: client } });
    if (typeof drawn === 'string') throw new Error(drawn);
    const svg = await drawSvg(compileSpec(drawn[0].spec, LIGHT), 'x');
    expect(svg).not.to.match(/NaN|Infinity/);
    expect(svg.match(/<text[^>]*>[\d.]+<\/text>/g)?.length).to.be.above(2);
    expect(drawn[0].notes.join(' ')).to.contain('has no place for zero');
    const none = latencyPercentiles.draw(result, { ...cell, clients: { a: { ...client, distribution: [{ p: 100, value: 0 }] } } });
    expect(none).to.contain('within 0 s');
  });

  it('say whether a difference between cells is real', () => {
    const [first, second] = result.cells;
    const p99 = (value: number, low: number, high: number) => ({ value, low, high });
    const words = (a: Estimate, b: Estimate) => {
      const cells = [a, b].map((estimate, i) => ({
        ...[first, second][i],
        metrics: { ...first.metrics, request_duration: { p99: estimate } },
      }));
      const drawn = cellsComparison.draw({ ...result, cells }, cells[0]);
      return typeof drawn === 'string' ? drawn : `${drawn[0].finding} ${drawn[0].table.rows[1][3]}`;
    };
    expect(words(p99(0.1, 0.09, 0.11), p99(0.2, 0.19, 0.21))).to.match(/a real difference, .* higher$/);
    expect(words(p99(0.2, 0.19, 0.21), p99(0.1, 0.09, 0.11))).to.match(/a real difference, .* lower$/);
    expect(words(p99(0.1, 0.09, 0.11), p99(0.1001, 0.09, 0.11))).to.match(/^About 100 ms in both cells: no difference shown, .* no difference shown$/);
    expect(words(p99(0.1, 0.09, 0.11), { value: 0.3, noInterval: 'one replication' })).to.match(/no interval for both, .* cannot be said$/);
  }).timeout(30_000);

  it('say in a sentence why there is nothing to draw', () => {
    const [cell] = bareResult().cells;
    const absent = charts.filter((chart) => typeof chart.draw(bareResult(), cell) === 'string').map((chart) => chart.name);
    expect(absent).to.deep.equal(['load-heatmap', 'latency-over-time', 'errors-over-time', 'replicas-over-time', 'cells-comparison']);
    for (const chart of charts) {
      const drawn = chart.draw(bareResult(), { ...cell, clients: {}, services: {} });
      if (typeof drawn === 'string') expect(drawn).to.match(/^[A-Z].*\.$/);
    }
  });
});
