/** The page of a comparison: what it says, and charts that Vega-Lite accepts. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { type ComparedMetric, parseMetric } from '../../experiments/compared-metrics.ts';
import { type CellSource, type Comparison, compareCells } from '../../experiments/comparison.ts';
import { comparisonJsonSchema } from '../../experiments/comparison-schema.ts';
import type { Estimate } from '../../experiments/result.ts';
import * as permutation from '../../statistics/permutation.ts';
import { fixtureResult } from '../../testing/result-fixture.ts';
import type { VegaLiteSpec } from '../chart.ts';
import { renderComparison } from '../index.ts';
import { comparedDifferences } from '../specs/compared-differences.ts';
import { comparedValues } from '../specs/compared-values.ts';
import { convergence } from '../specs/convergence.ts';
import { BY_VARIABLE, LIGHT } from '../theme.ts';
import { compileSpec, drawSvg } from '../vega.ts';

const METRICS = ['request_duration:p(99)', 'request_failed:rate', 'pod_load{service=default/checkout}:jain'].map(
  (text) => parseMetric(text, []) as ComparedMetric,
);

/** The cells of the made-up result, with replications that scatter about them by a formula; the last one met other traffic. */
function comparison(replications = 12): Comparison {
  const result = fixtureResult();
  const sources = result.cells.map((cell, i): CellSource => {
    const around = (estimate: Estimate, factor: number): Estimate =>
      typeof estimate.value === 'number' ? { value: estimate.value * factor, noInterval: 'one replication' } : estimate;
    const alone = Array.from({ length: replications }, (_, r) => {
      const factor = 1 + 0.03 * (((r * 7 + i) % 5) - 2);
      const { request_duration, request_failed } = cell.metrics;
      const service = cell.services['default/checkout'];
      return {
        ...cell,
        metrics: {
          ...cell.metrics,
          request_duration: { ...request_duration, p99: around(request_duration.p99, factor) },
          request_failed: { rate: around(request_failed.rate, 1) },
        },
        services: { ...cell.services, 'default/checkout': { ...service, load: { ...service.load, jain: around(service.load.jain, 2 - factor) } } },
      };
    });
    const trafficHashes = alone.map((_, r) => `${r} ${i === 2 ? 'other' : 'same'}`);
    return { label: `<age> ${cell.axes.maxConnectionAge}`, axes: cell.axes, merged: cell, alone, trafficHashes, baseline: i === 0 ? null : 0 };
  });
  return compareCells(sources, METRICS, {
    scenario: result.scenario,
    alpha: 0.05,
    notApplicable: [{ name: 'ideal:random', reason: 'nobody asks' }],
    selection: { confidence: 0.95, indifference: { share: 0.02 } },
    permutation,
  });
}

describe('the page of a comparison', function () {
  this.timeout(60_000);

  it('says what is better, what is not paired and what could not be compared, and holds the document', async () => {
    const html = await renderComparison(comparison(), { command: "evenkeel compare 'x <y>.yaml'" });
    expect(html).to.match(/Best by request_duration:p\(99\): &lt;age&gt; \w+/);
    expect(html)
      .to.include('Not paired, compared by Welch: &lt;age&gt; 2m (they met different traffic).')
      .and.include('Not compared: ideal:random, nobody asks.');
    expect(html).to.include('x &lt;y&gt;.yaml').and.include('<span class="mark good">better</span>');
    const document = /<script type="application\/json" id="evenkeel-comparison">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(JSON.parse(document)).to.have.property('kind', 'Comparison');
    expect(html).not.to.include('<age>');
  });

  it('has a document that keeps to its schema, strictly', () => {
    const strict = (schema: unknown): unknown => {
      if (Array.isArray(schema)) return schema.map(strict);
      if (typeof schema !== 'object' || schema === null) return schema;
      const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
      return 'properties' in inner && !('additionalProperties' in inner) ? { ...inner, additionalProperties: false } : inner;
    };
    const valid = new Ajv({ strict: false }).compile(strict(comparisonJsonSchema()) as object);
    for (const of of [comparison(), comparison(1)]) expect(valid(JSON.parse(JSON.stringify(of))), JSON.stringify(valid.errors?.slice(0, 3))).to.equal(true);
  });

  const drawings = () => {
    const of = comparison();
    return [comparedValues(of), comparedDifferences(of), convergence(of)].flatMap((drawn) => {
      if (typeof drawn === 'string') throw new Error(drawn);
      return drawn;
    });
  };

  it('draws charts that are valid, and compile without a warning in both colourings', async () => {
    const schema: object = JSON.parse(readFileSync(new URL('vega-lite-schema.json', import.meta.resolve('vega-lite')), 'utf8'));
    const valid = new Ajv({ strict: false, validateFormats: false }).compile<VegaLiteSpec>(schema);
    for (const { subject, spec } of drawings()) {
      expect(valid(JSON.parse(JSON.stringify(spec))), `${subject}: ${JSON.stringify(valid.errors?.slice(0, 3))}`).to.equal(true);
      expect(() => compileSpec(spec, BY_VARIABLE)).not.to.throw();
      expect(await drawSvg(compileSpec(spec, LIGHT), 'x')).not.to.match(/NaN|Infinity/);
    }
  });

  it('shows every replication, and the line of no difference', () => {
    const [values] = drawings();
    const layers = values.spec.layer as { data: { name: string; values: unknown[] } }[];
    expect(layers.find(({ data }) => data.name === 'replications')?.data.values).to.have.length(36);
    const of = comparedDifferences(comparison());
    if (typeof of === 'string') throw new Error(of);
    expect(JSON.stringify(of[0].spec)).to.include('"zero":0');
    expect(of[0].table.columns.map(({ title }) => title)).to.include('variance unpaired ÷ paired');
  });

  it('says in a sentence why there is nothing to draw', () => {
    const few = comparison(1);
    for (const drawn of [comparedDifferences(few), convergence(few)]) expect(drawn).to.match(/^[A-Z].*\.$/);
  });
});
