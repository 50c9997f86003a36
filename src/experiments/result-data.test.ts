/** Results as data: tables, files and schema, of a real result with everything in it. */
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { loadStudy } from '../scenario/index.ts';
import { CART, ORDER, SCENARIO } from '../testing/busy-shop.ts';
import { csvText } from './csv.ts';
import { openMetricsText } from './open-metrics.ts';
import { parquetBytes } from './parquet.ts';
import { planStudy } from './plan.ts';
import type { Result } from './result.ts';
import { resultJson } from './result-json.ts';
import { resultJsonSchema } from './result-schema.ts';
import { type Column, resultTable, TABLES, type TableName, tableLines } from './result-tables.ts';
import { runStudy } from './run.ts';

const TEXT = SCENARIO.replace('MANIFESTS', JSON.stringify([{ inline: `${CART}\n---\n${ORDER}` }])).replace('replications: 4, ', '');
const HYPARQUET = 'hyparquet';

describe('a result as data', function () {
  this.timeout(60_000);
  let result: Result;
  before(async () => {
    const study = await loadStudy({
      files: ['-'],
      stdin: TEXT,
      vary: ['workloads.deployment/cart.concurrency=1,2', "workloads.deployment/order.queue.discipline='ps'"],
      sets: ['run.stopWhen={ metrics: { request_duration: [mean] }, relative: 5%, max: 10 }'],
    });
    ({ result } = await runStudy(planStudy(study), { workers: 1, resume: false, seriesStepNs: 1e9 }));
  });

  function column(name: TableName, of: string): Column['values'] {
    return resultTable(result, name).columns.find((one) => one.name === of)?.values ?? [];
  }

  /** Rows of a table that fit, as objects. */
  function rows(name: TableName, like: Record<string, unknown>): Record<string, unknown>[] {
    const { columns } = resultTable(result, name);
    const all = columns[0].values.map((_, i) => Object.fromEntries(columns.map((one) => [one.name, one.values[i]])));
    return all.filter((row) => Object.entries(like).every(([key, value]) => row[key] === value));
  }

  it('has one row for each figure, with its interval or the reason', () => {
    const cell = result.cells[1];
    const at = { cell: 1, subject: 'client', name: 'inside', metric: 'request_duration', statistic: 'mean' };
    const estimate = cell.clients.inside.request_duration.mean as { value: number; low: number; high: number };
    expect(rows('figures', at)).to.deep.equal([{ ...at, 'axis.concurrency': 2, 'axis.discipline': 'ps', ...estimate, noInterval: null }]);
    const max = { ...at, statistic: 'max' };
    expect(rows('figures', max)[0]).to.deep.include({ low: null, high: null, noInterval: 'a maximum has none' });
    const counts = rows('figures', { cell: 1, subject: 'all', metric: 'requests', statistic: 'offered' });
    expect(counts.map(({ value, noInterval }) => [value, noInterval])).to.deep.equal([[cell.requests.offered, null]]);
    const jain = rows('figures', { cell: 1, subject: 'service', name: 'default/cart', metric: 'load', statistic: 'jain' });
    expect(jain[0].value).to.equal(cell.services['default/cart'].load.jain.value);
  });

  it('has the pods of each Service, with node and workload', () => {
    const pods = Object.entries(result.cells[0].services['default/cart'].pods);
    const found = rows('pods', { cell: 0, service: 'default/cart', metric: 'utilization', statistic: 'mean' });
    expect(found.map(({ pod, node, value }) => [pod, node, value])).to.have.deep.members(pods.map(([name, pod]) => [name, pod.node, pod.utilization.value]));
  });

  it('has the series by time', () => {
    const offered = rows('series', { cell: 0, subject: 'requests', metric: 'offered' });
    expect(offered.map(({ value }) => value)).to.deep.equal(result.cells[0].series?.offered);
    expect(offered.slice(0, 2).map(({ time }) => time)).to.deep.equal([2, 3]);
    const { series: _series, ...bare } = result.cells[0];
    expect(() => resultTable({ ...result, cells: [bare] }, 'series')).to.throw('no series in the result (run with --series 10s)');
  });

  it('is the same from a stored result, whose keys are sorted', () => {
    const stored = JSON.parse(resultJson(result)) as Result;
    for (const name of TABLES) expect(csvText(tableLines(resultTable(stored, name)))).to.equal(csvText(tableLines(resultTable(result, name))));
  });

  it('reads back from CSV', () => {
    for (const name of TABLES) {
      const table = resultTable(result, name);
      const [header, ...lines] = parse(csvText(tableLines(table)), { recordDelimiter: '\r\n' }) as string[][];
      expect(header).to.deep.equal(table.columns.map((one) => one.name));
      expect(lines).to.have.length(table.columns[0].values.length);
      expect(lines[7]).to.deep.equal(table.columns.map(({ values }) => String(values[7] ?? '')));
    }
    expect(csvText([['a "b"', 'c,d', Infinity, null]])).to.equal('"a ""b""","c,d",inf,\r\n');
  });

  it('reads back from Parquet', async function () {
    const hyparquet = await import(HYPARQUET).catch(() => null);
    if (hyparquet === null) this.skip();
    for (const name of TABLES) {
      const bytes = await parquetBytes(resultTable(result, name));
      const read = (await hyparquet.parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) })) as object[];
      expect(read).to.deep.equal(rows(name, {}));
    }
  });

  it('is OpenMetrics: families together, in order, escaped, with an end', () => {
    const text = openMetricsText({ ...result, scenario: { ...result.scenario, name: 'a "b"\n\\' } });
    const lines = text.split('\n');
    expect(lines.slice(-2)).to.deep.equal(['# EOF', '']);
    const families = lines.flatMap((line) => /^# TYPE (\S+) gauge$/.exec(line)?.[1] ?? []);
    expect(families).to.deep.equal([...new Set(families)].sort());
    let family = '';
    for (const line of lines.slice(0, -2)) {
      family = /^# TYPE (\S+)/.exec(line)?.[1] ?? family;
      if (!line.startsWith('#')) expect(line).to.match(new RegExp(`^${family}\\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\\\\n]|\\\\["\\\\n])*",?)+\\} (\\S+)$`));
    }
    const { value } = result.cells[1].clients.inside.request_duration.p50;
    expect(text).to.include(
      `evenkeel_request_duration_seconds{scenario="a \\"b\\"\\n\\\\",cell="1",axis_concurrency="2",axis_discipline="ps",subject="client",name="inside",statistic="p50",bound="value"} ${value}\n`,
    );
  });

  it('fits its schema, in which every key that it has is named', () => {
    const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, allowMatchingProperties: true });
    const document: unknown = JSON.parse(resultJson(result));
    for (const schema of [resultJsonSchema(), strictly(resultJsonSchema()) as object]) {
      const validate = ajv.compile(schema);
      expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3), null, 1)).to.equal(true);
    }
    const validate = ajv.compile(resultJsonSchema());
    expect(validate({ ...result, cells: [] })).to.equal(false);
    expect(validate({ ...result, cells: [{ ...result.cells[0], replications: '4' }] })).to.equal(false);
    expect(column('figures', 'value').length).to.be.above(100);
  });
});

/** With every unknown key refused. */
function strictly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictly(value)]));
  return 'properties' in inner && typeof inner.properties === 'object' && !('additionalProperties' in inner) && inner.type === 'object'
    ? { ...inner, additionalProperties: false }
    : inner;
}
