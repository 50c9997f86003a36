import { expect } from 'chai';
import { LOG_FORMAT_NAMES, logFormat, recogniseFormat } from './formats.ts';
import { createEntry, ENTRY, type FieldNames, type LogEntry, OTHER } from './log-entry.ts';

/** Lines as each program writes them; addresses and names are made up. */
const SAMPLES: Record<string, { lines: readonly string[]; entry: Partial<LogEntry> }> = {
  combined: {
    lines: ['203.0.113.7 - alice [01/Mar/2026:10:00:01 +0200] "GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.5 \\"x\\"" 0.123 0.120'],
    entry: { time: 1772352001, client: '203.0.113.7', method: 'GET', path: '/cart', status: 200, duration: 0.123, upstream: 0.12 },
  },
  'ingress-nginx': {
    lines: [
      '198.51.100.2 - - [01/Mar/2026:08:00:01 +0000] "POST /pay HTTP/2.0" 502 150 "https://shop.example/" "Mozilla/5.0" 943 0.251 [shop-pay-80] [] 10.0.1.4:8080, 10.0.2.9:8080 0, 150 0.001, 0.250 502, 200 3f2a9',
    ],
    entry: { time: 1772352001, client: '198.51.100.2', method: 'POST', path: '/pay', status: 502, duration: 0.251, upstream: 0.25 },
  },
  envoy: {
    lines: [
      '[2026-03-01T08:00:01.250Z] "GET /api/v1/items?page=2 HTTP/1.1" 200 - 0 1834 17 16 "203.0.113.9, 10.1.0.1" "okhttp/4" "8f6c" "items.example" "10.0.3.3:8080"',
      '[2026-03-01T08:00:01.250Z] "GET /api/v1/items HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 17 16 "203.0.113.9" "okhttp/4" "8f6c" "items.example" "-" - - 10.0.0.1:80 10.0.0.2:4711 - default',
    ],
    entry: { time: 1772352001.25, client: '203.0.113.9', method: 'GET', path: '/api/v1/items', duration: 0.017, upstream: 0.016 },
  },
  haproxy: {
    lines: [
      'Mar  1 08:00:01 lb1 haproxy[812]: 203.0.113.5:40212 [01/Mar/2026:08:00:01.655] front shop/web1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example} {} "GET /i.html HTTP/1.1"',
      '203.0.113.5:40212 [01/Mar/2026:08:00:01.655] front~ shop/web1 0/0/0/69/+109 200 +2750 - - ---- 1/1/1/1/0 0/0 "GET /i.html HTTP/1.1"',
    ],
    entry: { time: 1772352001.655, client: '203.0.113.5', method: 'GET', path: '/i.html', status: 200, duration: 0.109, upstream: 0.069 },
  },
  json: {
    lines: [
      '{"time_iso8601":"2026-03-01T08:00:01+00:00","remote_addr":"203.0.113.7","request":"GET /cart?x=1 HTTP/1.1","status":"200","request_time":"0.123","upstream_response_time":"0.120"}',
      '{"ts":1772352001,"client_ip":"203.0.113.7","method":"GET","url":"https://shop.example/cart#a","status":200,"latency_ms":123,"upstream_time":"120ms"}',
    ],
    entry: { time: 1772352001, client: '203.0.113.7', method: 'GET', path: '/cart', status: 200, duration: 0.123, upstream: 0.12 },
  },
  k6: {
    lines: [
      '{"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"}',
      '{"type":"Point","data":{"time":"2026-03-01T10:00:01.5+02:00","value":123,"tags":{"method":"GET","status":"200","url":"http://shop.example/cart?x"}},"metric":"http_req_duration"}',
      '{"type":"Point","data":{"time":"2026-03-01T10:00:01.5+02:00","value":1,"tags":null},"metric":"http_reqs"}',
    ],
    entry: { time: 1772352001.5, client: '', method: 'GET', path: '/cart', status: 200, duration: 0.123, upstream: Number.NaN },
  },
  csv: {
    lines: ['time,client,path,status,duration_ms,note', '1772352001.5,c7,/cart?x,200,123,"a, b"', '2026-03-01T08:00:01.5Z,c7,/cart,200,123,'],
    entry: { time: 1772352001.5, client: 'c7', method: '', path: '/cart', status: 200, duration: 0.123, upstream: Number.NaN },
  },
};

function parse(format: string, lines: readonly string[], fields: FieldNames = {}): { entries: LogEntry[]; kinds: number[] } {
  const parser = logFormat(format)?.create(fields);
  const entries: LogEntry[] = [];
  const kinds = lines.map((line) => {
    const entry = createEntry();
    const kind = parser?.parse(line, entry) ?? -1;
    if (kind === ENTRY) entries.push(entry);
    return kind;
  });
  return { entries, kinds };
}

describe('formats of logs', () => {
  it('have a sample each', () => {
    expect(Object.keys(SAMPLES).sort()).to.deep.equal([...LOG_FORMAT_NAMES].sort());
  });

  for (const [name, { lines, entry }] of Object.entries(SAMPLES)) {
    it(`${name} is read, and recognised by itself`, () => {
      const { entries, kinds } = parse(name, lines);
      expect(kinds.every((kind) => kind === ENTRY || kind === OTHER)).to.equal(true);
      expect(entries.length).to.be.above(0);
      for (const found of entries) {
        const status = entry.status === undefined ? { status: found.status } : {};
        expect(found).to.deep.include({ ...entry, ...status });
      }
      expect(recogniseFormat(lines, {})?.name).to.equal(name);
    });
  }

  it('takes what people append to the combined log', () => {
    const start = '203.0.113.7 - - [01/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5';
    const cases: [string, number, number][] = [
      ['', Number.NaN, Number.NaN],
      [' "-" "ua"', Number.NaN, Number.NaN],
      [' "-" "ua" 0.005', 0.005, Number.NaN],
      [' "-" "ua" 0.005 -', 0.005, Number.NaN],
      [' "-" "ua" "0.300" "0.050, 0.200"', 0.3, 0.2],
      [' "-" "ua" 5123', 0.005123, Number.NaN],
      [' "-" "ua" rt=0.300 uct="0.001" uht="0.2" urt="0.250"', 0.3, 0.25],
      [' "-" "ua" "-" request_time=0.300 upstream_response_time=0.1 : 0.250', 0.3, 0.25],
    ];
    for (const [rest, duration, upstream] of cases) {
      const [entry] = parse('combined', [start + rest]).entries;
      expect([entry.duration, entry.upstream], rest).to.deep.equal([duration, upstream]);
    }
  });

  it('calls lines broken that are', () => {
    const broken: [string, string][] = [
      ['combined', 'not a log line'],
      ['combined', '203.0.113.7 - - [01/Foo/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 5'],
      ['envoy', '[yesterday] "GET / HTTP/1.1" 200 - 0 1 2 3 "-" "-" "-" "-" "-"'],
      ['json', '{"time":'],
      ['json', '[1]'],
      ['k6', '{"type":"Point","metric":"http_req_duration","data":{"time":"2026-03-01T10:00:01Z"}}'],
    ];
    for (const [format, line] of broken) expect(parse(format, [line]).entries, line).to.have.length(0);
    expect(parse('csv', ['time,duration_ms', '1,x', '1', '"1,2', '1,2']).entries).to.have.length(1);
  });

  it('takes no number for a duration whose unit nobody knows', () => {
    expect(parse('csv', ['time,latency', '1,12']).entries).to.have.length(0);
    expect(parse('csv', ['time,latency', '1,12ms']).entries[0].duration).to.equal(0.012);
    expect(parse('csv', ['time,latency', '1,12'], { duration: { name: 'latency', unit: 'us' } }).entries[0].duration).to.be.closeTo(12e-6, 1e-18);
  });

  it('finds fields that are told, also nested ones', () => {
    const fields: FieldNames = { duration: { name: 'http.took', unit: 'ms' }, client: { name: 'who', unit: null } };
    const [entry] = parse('json', ['{"time":"2026-03-01T08:00:01Z","who":"bob","client":"x","http":{"took":7}}'], fields).entries;
    expect([entry.client, entry.duration]).to.deep.equal(['bob', 0.007]);
  });

  it('recognises nothing in a text that is no log', () => {
    expect(recogniseFormat(['apiVersion: v1', 'kind: Service'], {})).to.equal(null);
    expect(recogniseFormat(['a,b', '1,2'], {})).to.equal(null);
    expect(recogniseFormat([], {})).to.equal(null);
  });
});
