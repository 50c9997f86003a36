import { expect } from 'chai';
import type { CellResult, PodResult, Result } from '../experiments/result.ts';
import { bareResult, fixtureResult } from '../testing/result-fixture.ts';
import { chartsInOrder } from './charts.ts';
import { readPage, renderHtml, renderPng, renderSvg } from './index.ts';

const HOSTILE = `x<script>alert(1)</script>"'&\u0000\u001b[31m</title><!--\u2028\uD800`;

/** Every text of a result that comes from the user's files, made hostile. */
function hostileResult(): Result {
  const result = fixtureResult();
  const spoil = (cell: CellResult): CellResult => ({
    ...cell,
    axes: { [HOSTILE]: HOSTILE },
    saturated: [HOSTILE],
    clients: { [HOSTILE]: cell.clients.storefront, b: cell.clients.storefront },
    services: Object.fromEntries(
      Object.entries(cell.services).map(([name, service]) => {
        const pods = service.map.pods.map((pod) => pod + HOSTILE);
        const renamed = Object.fromEntries(service.map.pods.map((pod, i): [string, PodResult] => [pods[i], { ...service.pods[pod], node: HOSTILE }]));
        return [
          name + HOSTILE,
          {
            ...service,
            pods: renamed,
            map: { groups: service.map.groups.map((group) => group + HOSTILE), pods, requests: service.map.requests },
            unanswered: { [HOSTILE]: 1 },
          },
        ];
      }),
    ),
    ...(cell.series === undefined
      ? {}
      : {
          series: {
            ...cell.series,
            pods: Object.fromEntries(Object.entries(cell.series.pods).map(([pod, counts]) => [pod + HOSTILE, counts])),
            workloads: Object.fromEntries(Object.entries(cell.series.workloads).map(([key, row]) => [key + HOSTILE, row])),
            events: cell.series.events.map((event) => ({ ...event, label: HOSTILE })),
          },
        }),
    thresholds: cell.thresholds.map((threshold) => ({ ...threshold, metric: HOSTILE })),
    checks: cell.checks.map((check) => ({ ...check, name: HOSTILE })),
    theory: cell.theory.map((row) => ({ ...row, why: HOSTILE, workload: HOSTILE })),
  });
  return {
    ...result,
    scenario: { ...result.scenario, name: HOSTILE, description: HOSTILE, seed: HOSTILE },
    assumptions: [{ path: HOSTILE, value: HOSTILE, why: HOSTILE }],
    notModelled: { couldMatter: [{ where: HOSTILE, what: HOSTILE }], noEffect: { count: 1 } },
    cells: result.cells.map(spoil),
  };
}

describe('the report page', () => {
  it('is a pure function of its input, also when several are made at once', async () => {
    const options = { command: 'evenkeel run x.yaml' };
    const [a, b, c] = await Promise.all([renderHtml(fixtureResult(), options), renderHtml(fixtureResult(), options), renderHtml(bareResult())]);
    expect(a).to.equal(b);
    expect(c).to.equal(await renderHtml(bareResult()));
  }).timeout(30_000);

  it('puts verdict, seed, hash, engine and command before the first chart', async () => {
    const html = await renderHtml(fixtureResult(), { command: 'evenkeel run scenarios/grpc-pinning --seed 42' });
    const firstScreen = html.slice(0, html.indexOf('<figure'));
    for (const text of [
      '3 of 9 thresholds',
      '✗ failed',
      '184 ms',
      'Saturated: deployment/cart.default',
      '3f1c9a0b2d5e',
      'evenkeel run scenarios/grpc-pinning --seed 42',
      'ipvs, scheduler rr',
      '2 fields not modelled',
    ]) {
      expect(firstScreen).to.contain(text);
    }
    expect(chartsInOrder(fixtureResult()).map((chart) => html.indexOf(`<h2 id="${chart.name}"`))).to.satisfy((places: number[]) =>
      places.every((place, i) => place > (places[i - 1] ?? 0)),
    );
  }).timeout(30_000);

  it('shows headline figures when there are no thresholds, and a sentence for every chart without data', async () => {
    const html = await renderHtml(bareResult());
    expect(html).to.contain('No thresholds were set').and.to.contain('p99 latency').and.to.contain('This result holds no series over time');
    expect(html).to.contain('One cell: there is nothing to compare');
  }).timeout(30_000);

  it('asks nothing of the network and allows nothing but its own script and style', async () => {
    const html = await renderHtml(fixtureResult());
    expect(html).to.contain(`content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"`);
    expect(html.replace(/<script type="module">[\s\S]*?<\/script>/, '').replaceAll('http://www.w3.org/', '')).not.to.match(
      /<(link|img|iframe|base|object)\b|\bsrc=|@import|sourceMappingURL/,
    );
    expect(html.length).to.be.below(1_600_000);
  }).timeout(30_000);

  it('lets no name out of its place', async () => {
    const html = await renderHtml(hostileResult(), { command: HOSTILE });
    expect(html.match(/<script/g)).to.have.length(4);
    expect(html.match(/<\/script>/g)).to.have.length(4);
    expect(html).not.to.contain('alert(1)</script>');
    expect(html.slice(0, html.indexOf('id="evenkeel-result"')).match(/<!--/g)).to.equal(null);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(html.slice(0, html.indexOf('<script'))).not.to.match(/[\u0000-\u0008\u000b-\u001f]/);
  }).timeout(30_000);

  it('gives its result back to be rendered again', async () => {
    const html = await renderHtml(hostileResult(), { command: HOSTILE, cell: 1 });
    const page = readPage(html);
    expect(page?.command).to.equal(HOSTILE);
    expect(page?.cell).to.equal(1);
    expect(page?.result).to.deep.equal(JSON.parse(JSON.stringify(hostileResult())));
    expect(await renderHtml(page?.result as Result, { command: page?.command, cell: page?.cell })).to.equal(html);
    expect(readPage('<html></html>')).to.equal(undefined);
  }).timeout(30_000);
});

describe('charts as pictures', () => {
  it('are SVG with a title and literal colours', async () => {
    const svg = await renderSvg(fixtureResult(), 'load-per-pod');
    expect(svg).to.match(/^<svg/).and.to.contain('Load per pod').and.to.contain('default/checkout');
    expect(svg).not.to.contain('var(--');
    expect(await renderSvg(fixtureResult(), 'cells-comparison', { subject: 'failed requests' })).to.contain('failed requests');
  });

  it('are PNG where the optional package is there', async function () {
    const png = await renderPng(fixtureResult(), 'latency-percentiles').catch((error: Error) => error);
    if (png instanceof Error) {
      expect(png.message).to.contain('@resvg/resvg-js');
      this.skip();
    } else expect([...png.slice(1, 4)]).to.deep.equal([...'PNG'].map((letter) => letter.charCodeAt(0)));
  }).timeout(30_000);

  it('tell which charts, cells and drawings there are', async () => {
    const message = (promise: Promise<unknown>) => promise.then(String, (error: Error) => error.message);
    expect(await message(renderSvg(fixtureResult(), 'pie'))).to.contain('unknown chart "pie" (one of latency-percentiles, ');
    expect(await message(renderSvg(bareResult(), 'load-heatmap'))).to.contain('--series 10s');
    expect(await message(renderSvg(fixtureResult(), 'load-per-pod', { subject: 'default/none' }))).to.contain('one of default/checkout');
    expect(await message(renderHtml(fixtureResult(), { cell: 9 }))).to.equal('no cell 9 (one of 0, 1, 2)');
    expect(await message(renderHtml({ ...fixtureResult(), cells: [] }))).to.equal('the result holds no cell');
  });
});
