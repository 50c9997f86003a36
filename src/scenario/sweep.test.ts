import { expect } from 'chai';
import { ScenarioError } from '../errors.ts';
import { type LoadOptions, loadStudy } from './load.ts';
import type { Study } from './scenario.ts';

/** Two pods behind a Service, and the sweep. */
function text(sweep: string): string {
  return `apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: sweep }
spec:
  manifests:
    - inline: |
        { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 2, selector: { matchLabels: { app: web } },
          template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, image: web } ] } } } }
        ---
        { apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
  run: { duration: 1m }
  clients: [ { name: users, target: "http://web/", arrivals: { rate: 10/s } } ]
  sweep: ${sweep}
`;
}

async function load(sweep: string, options: Partial<LoadOptions> = {}): Promise<Study> {
  return loadStudy({ files: ['-'], stdin: text(sweep), ...options });
}

async function axesOf(sweep: string, options: Partial<LoadOptions> = {}) {
  return (await load(sweep, options)).cells.map(({ axes }) => axes);
}

async function issues(sweep: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const error = await load(sweep, options).catch((one: unknown) => one);
  if (!(error instanceof ScenarioError)) throw error;
  return error.message.split('\n');
}

const SLOTS = '/spec/workloads/deployment~1web/concurrency';
const REPLICAS = '/manifests/Deployment/web/spec/replicas';
const RATE = '/spec/clients/0/arrivals/rate';

describe('a sweep', () => {
  it('takes equal steps, of numbers and of quantities with their unit, both ends included', async () => {
    expect(await axesOf(`{ axes: { slots: { path: ${SLOTS}, values: { from: 2, to: 8, step: 3 } } } }`)).to.deep.equal([
      { slots: 2 },
      { slots: 5 },
      { slots: 8 },
    ]);
    const { cells } = await load(`{ axes: { rate: { path: ${RATE}, values: { from: 0.1/s, to: 0.35/s, step: 0.1/s } } } }`);
    expect(cells.map(({ axes }) => axes.rate)).to.deep.equal(['0.1/s', '0.2/s', '0.3/s']);
    expect(JSON.stringify(cells[2].scenario.clients[0].arrivals)).to.include('0.3');
  });

  it('takes steps from flags too', async () => {
    const vary = [`${SLOTS}=1..3`, 'clients[0].arrivals.rate=100/s..300/s..100/s,1k/s', 'clients[0].count=1'];
    const cells = await axesOf('{ axes: {} }', { vary });
    expect([...new Set(cells.map(({ concurrency }) => concurrency))]).to.deep.equal([1, 2, 3]);
    expect([...new Set(cells.map(({ rate }) => rate))]).to.deep.equal(['100/s', '200/s', '300/s', '1k/s']);
  });

  it('names axes of flags by their last step, or by the path where two end alike', async () => {
    expect(await axesOf('{ axes: {} }', { vary: ['run.duration=1m', 'workloads.deployment/web.queue.timeout=1s', 'clients[0].timeout=2s'] })).to.deep.equal([
      { duration: '1m', 'workloads.deployment/web.queue.timeout': '1s', 'clients[0].timeout': '2s' },
    ]);
  });

  it('takes values by name, and several paths under one name', async () => {
    const { cells } = await load(`
    axes:
      service: { path: /spec/workloads/deployment~1web/service, variants: { steady: 10ms, wild: { law: lognormal, mean: 10ms, cv: 2 } } }
      size:
        variants:
          few big: { ${REPLICAS}: 2, ${SLOTS}: 8 }
          many small: { ${REPLICAS}: 8, ${SLOTS}: 2 }`);
    expect(cells.map(({ axes }) => axes)).to.deep.equal([
      { service: 'steady', size: 'few big' },
      { service: 'steady', size: 'many small' },
      { service: 'wild', size: 'few big' },
      { service: 'wild', size: 'many small' },
    ]);
    const { objects, workloads } = cells[3].scenario;
    expect([objects[0].spec.replicas, workloads['deployment/web.default'].concurrency]).to.deep.equal([8, 2]);
    expect(workloads['deployment/web.default'].service.default).to.deep.include({ law: 'lognormal' });
  });

  it('leaves out what is excluded, and numbers what stays', async () => {
    const sweep = `
    axes:
      replicas: { path: ${REPLICAS}, values: [4, 8] }
      slots: { path: ${SLOTS}, values: [1, 2, 3] }
    exclude: [ "replicas == 4 && slots > 1", "slots == 3 && count == 2" ]`;
    const { cells } = await load(sweep, { vary: ['clients[0].count=1,2'] });
    expect(cells.map(({ id, axes }) => [id, axes.replicas, axes.slots, axes.count])).to.deep.equal([
      [0, 4, 1, 1],
      [1, 4, 1, 2],
      [2, 8, 1, 1],
      [3, 8, 1, 2],
      [4, 8, 2, 1],
      [5, 8, 2, 2],
      [6, 8, 3, 1],
    ]);
  });

  it('keeps what its cells have in common once', async () => {
    const { cells } = await load(`{ axes: { slots: { path: ${SLOTS}, values: [1, 2] } } }`);
    const [one, two] = cells.map(({ scenario }) => scenario);
    expect([one.objects === two.objects, one.clients === two.clients, one.workloads === two.workloads]).to.deep.equal([true, true, false]);
  });

  it('is another study when a range or an exclusion changes', async () => {
    const sweep = (to: number, exclude: string) => `{ axes: { slots: { path: ${SLOTS}, values: { from: 1, to: ${to}, step: 1 } } }, exclude: [ ${exclude} ] }`;
    const hashes = await Promise.all([sweep(3, ''), sweep(4, ''), sweep(4, 'slots == 2')].map(async (one) => (await load(one)).hash));
    expect(new Set(hashes).size).to.equal(3);
  });

  for (const [sweep, message] of [
    [`{ axes: { a: { path: /spec/workloads/deployment~1wep/concurrency, values: [1] } } }`, /^-:13:\d+ spec\.workloads\.deployment\/wep: .*deployment\/web/],
    [
      `{ axes: { a: { path: /spec/workloads/deployment~1web/concurency, values: [1] } } }`,
      /^-:13:\d+ spec\.workloads\.deployment\/web\.concurency: unknown key "concurency" \(did you mean concurrency\?/,
    ],
    [
      `{ axes: { a: { path: /manifests/Deployment/wep/spec/replicas, values: [1] } } }`,
      /^-:13:\d+: the path points nowhere "\/manifests\/Deployment\/wep\/spec\/replicas" \(did you mean deployment\/web\.spec\.replicas\?/,
    ],
    [`{ axes: { a: { path: /manifests/Deployment/web/spec/replica, values: [1] } } }`, /^-:13:\d+: the path points nowhere/],
    [`{ axes: { a: { path: /spec/clients/7/count, values: [1] } } }`, /^-:13:\d+: the path points nowhere "\/spec\/clients\/7\/count"/],
    [`{ axes: { a: { path: spec.run.duration, values: [1m] } } }`, /unknown JSON pointer/],
    [`{ axes: { a: { path: ${SLOTS} } } }`, /^-:13:\d+ spec\.sweep\.axes\.a: an axis without values/],
    [`{ axes: { a: { values: [1] } } }`, /a: values without a path/],
    [`{ axes: { a: { path: ${SLOTS}, values: [1], variants: { x: 1 } } } }`, /values and variants at once/],
    [`{ axes: { a: { path: ${SLOTS}, values: [] } } }`, /a\.values: empty/],
    [`{ axes: { a: { path: ${SLOTS}, values: [1, 2, 1] } } }`, /a value given twice "1"/],
    [`{ axes: { a: { path: ${SLOTS}, values: { from: 1, to: 5 } } } }`, /a\.values: step is missing/],
    [`{ axes: { a: { path: ${SLOTS}, values: { from: 1, to: 5, step: 0 } } } }`, /a\.values: a range without steps/],
    [`{ axes: { a: { path: ${SLOTS}, values: { from: 5, to: 1, step: 1 } } } }`, /a\.values: an empty range/],
    [`{ axes: { a: { path: ${RATE}, values: { from: 1/s, to: 5/m, step: 1/s } } } }`, /a\.values: a range with more than one unit/],
    [`{ axes: { a: { path: ${SLOTS}, values: { from: 1, to: 1e9, step: 1 } } } }`, /a\.values: too many steps|not a range/],
    [`{ axes: { a: { variants: { x: 5 } } } }`, /a\.variants\.x: a variant that names no path "5"/],
    [`{ axes: { a: { variants: { x: { concurrency: 5 } } } } }`, /not a JSON pointer "concurrency"/],
    [`{ axes: { a: { variants: { x: { /spec/run/seed: 5 } } } } }`, /an axis cannot change this "\/spec\/run\/seed"/],
    [`{ axes: { a: { path: ${SLOTS}, values: [1, 2] } }, exclude: [ "a == 3" ] }`, /sweep\.exclude\[0\]: excludes nothing "a == 3"/],
    [`{ axes: { a: { path: ${SLOTS}, values: [1, 2] } }, exclude: [ "a in [1, 2]" ] }`, /sweep\.exclude: all combinations are excluded/],
    [`{ axes: { a: { path: ${SLOTS}, values: [1, 2] } }, exclude: [ "b == 1" ] }`, /^-:13:\d+ spec\.sweep\.exclude\[0\]: character 1: no such axis "b"/],
  ] as const)
    it(`refuses ${sweep}`, async () => {
      const found = await issues(sweep);
      expect(found.join('\n')).to.match(message);
      expect(found).to.have.length(1);
    });

  it('does not become too large', async () => {
    const range = (to: number) => `{ from: 1, to: ${to}, step: 1 }`;
    const axis = (name: string, path: string, to: number) => `${name}: { path: ${path}, values: ${range(to)} }`;
    const three = `{ axes: { ${axis('a', SLOTS, 900)}, ${axis('b', REPLICAS, 900)}, ${axis('c', '/spec/clients/0/count', 900)} } }`;
    expect((await issues(three)).join()).to.match(/too many combinations "729000000" \(at most 10000\)/);
    const two = `{ axes: { ${axis('a', SLOTS, 200)}, ${axis('b', REPLICAS, 200)} } }`;
    expect((await issues(two)).join()).to.match(/too many combinations "40000"/);
  });
});
