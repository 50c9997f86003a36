/** Input that is broken, hostile or something else: one clear message each, and never anything but a ScenarioError. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { issues, load, scenarioText, WEB } from '../testing/scenarios.ts';

const QUICK = { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } };

describe('texts that are no input', () => {
  const cases: [string, string, string][] = [
    ['nothing', '', '-: nothing on standard input'],
    ['comments only', '# a\n---\n# b\n', '-:1:1: no document in this file'],
    ['broken YAML', 'a: [1, 2\nb: }', '-:2:1: broken YAML'],
    ['a tab', 'a:\n\t- b', 'broken YAML'],
    ['an alias bomb', bomb(), '-:1:1: aliases expand to too much'],
    ['20,000 brackets', '['.repeat(20_000), 'nested deeper than 200 levels'],
    ['20,000 levels of JSON', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'nested deeper than 200 levels'],
    ['20,000 maps in a line', '{a: '.repeat(20_000), 'nested deeper than 200 levels'],
    ['20,000 dashes', '- '.repeat(20_000), 'nested deeper than 200 levels'],
    ['a word', 'hello', '-:1:1: not a Kubernetes object "hello"'],
    ['a list', '- a\n- b', 'not a Kubernetes object'],
    ['an object without kind', 'a: 1', 'no kind'],
    ['an object without apiVersion', 'kind: Service', 'Service without apiVersion'],
    ['a Service without a name', 'apiVersion: v1\nkind: Service', 'metadata.name: Service without a name'],
    [
      'a kind in a version that has it not',
      'apiVersion: v1\nkind: Deployment\nmetadata: { name: x }',
      '-:1:1 apiVersion: no Deployment in this version "v1" (write apps/v1)',
    ],
    ['an old Ingress', 'apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: { name: x }', 'write networking.k8s.io/v1'],
    [
      'a Helm template',
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n',
      '-:4:9: a template, not a manifest "{{" (render the template first: helm template CHART | evenkeel … -f -)',
    ],
    ['a template that is broken YAML', '{{- if .Values.x }}\nkind: Service\n{{- end }}\n', '-:1:1: a template, not a manifest'],
    ['a Kustomization', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]', 'kubectl kustomize . | evenkeel … -f -'],
    ['a map as a key', '? { a: b }\n: c', 'a map or list as a key'],
    ['a __proto__ key', 'apiVersion: v1\nkind: Service\nmetadata: { name: x, labels: { __proto__: { polluted: "yes" } } }', '__proto__'],
    [
      'control characters',
      'apiVersion: v1\nkind: Service\nmetadata: { name: x, labels: { a: "\\u001b[31m" } }\nspec: { ports: "\\u001b[2J" }',
      'a list is expected, not a string "\\u001b[2J"',
    ],
  ];
  for (const [name, text, message] of cases) {
    it(name, async () => {
      const found = await issues(text, QUICK);
      expect(found.join('\n')).to.contain(message);
      expect(({} as { polluted?: string }).polluted).to.equal(undefined);
    });
  }

  it('duplicate keys in a scenario, though not in manifests', async () => {
    expect((await issues(scenarioText('  run: { duration: 1m, duration: 2m }')))[0]).to.match(/^-:\d+:\d+: broken YAML: Map keys must be unique/);
    expect(await issues(scenarioText('', WEB.replace('replicas: 3', 'replicas: 3\n  replicas: 4')))).to.deep.equal([]);
  });

  it('__proto__ and constructor in a scenario', async () => {
    const found = await issues(scenarioText('  __proto__: { a: 1 }\n  constructor: 2\n  workloads: { __proto__: { concurrency: 2 }, constructor: {} }'));
    expect(found.join('\n')).to.contain('spec.__proto__: unknown key').and.to.contain('spec.constructor: unknown key');
  });

  it('two scenarios, or none', async () => {
    expect((await issues(`${scenarioText('')}${scenarioText('', '')}`)).join()).to.contain('a second Scenario');
    expect((await issues(WEB))[0]).to.contain('-: no Scenario document (add --to URL');
  });

  it('long values are cut', async () => {
    const found = await issues(scenarioText(`  run: { duration: "${'9'.repeat(5000)}" }`));
    expect(found[0].length).to.be.lessThan(400);
  });

  it('a scenario of another version', async () => {
    expect((await issues(scenarioText('').replace('v1alpha1', 'v2'))).join()).to.contain(
      'apiVersion: unknown value "evenkeel.dev/v2" (write evenkeel.dev/v1alpha1)',
    );
  });
});

describe('files that are no input', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const put = (name: string, text: string | Buffer) => {
    mkdirSync(join(at(name), '..'), { recursive: true });
    writeFileSync(at(name), text);
  };
  const read = (name: string, options = {}) => issues('', { files: [at(name)], ...QUICK, ...options });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are named as typed', async () => {
    put('web.yaml', 'a: 1');
    expect(await read('web')).to.deep.equal([`${at('web')}: no such file or folder (there is web.yaml)`]);
    expect((await read('web.yaml'))[0]).to.contain(`${at('web.yaml')}:1:1: no kind`);
    expect(await read('*.json')).to.deep.equal([`${at('*.json')}: no file matches`]);
  });

  it('binary, not UTF-8, unreadable', async () => {
    put('a.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]));
    put('b.yaml', Buffer.from([0x61, 0xff, 0xfe]));
    put('c.yaml', 'a: 1');
    symlinkSync('loop', at('loop'));
    expect((await read('a.yaml'))[0]).to.contain('a binary file, not YAML or JSON');
    expect((await read('b.yaml'))[0]).to.contain('not UTF-8 text');
    expect((await read('loop'))[0]).to.contain('a symbolic link that leads to itself');
    chmodSync(at('c.yaml'), 0);
    if (process.getuid?.() !== 0) expect((await read('c.yaml'))[0]).to.contain('permission denied');
  });

  it('folders without manifests, charts, Kustomizations', async () => {
    mkdirSync(at('empty'));
    put('chart/Chart.yaml', 'name: x');
    put('kustom/kustomization.yaml', 'resources: []');
    put('nested/deep/web.yaml', WEB);
    expect((await read('empty'))[0]).to.contain('no .yaml, .yml or .json file in this folder');
    expect((await read('chart'))[0]).to.contain('a Helm chart, not manifests (helm template');
    expect((await read('kustom'))[0]).to.contain('a Kustomization, not manifests (kubectl kustomize');
    expect((await read('nested'))[0]).to.contain('-R reads the folders in it too');
    expect(await read('nested', { recursive: true })).to.deep.equal([]);
  });

  it('a folder where a data file is expected, a missing one, one without the column', async () => {
    put('s.csv', 'latency_ms,other\n12,x\n3.5,y\n');
    const withLaw = (law: string) => put('scenario.yaml', scenarioText(`  workloads: { deployment/web: { service: ${law} } }`));
    const own = () => issues('', { files: [at('scenario.yaml')] });
    withLaw('{ law: empirical, file: . }');
    expect((await own())[0]).to.contain('a folder where a file is expected');
    withLaw('{ law: empirical, file: t.csv }');
    expect((await own())[0]).to.contain('no such file');
    withLaw('{ law: empirical, file: s.csv, column: latency }');
    expect((await own())[0]).to.contain('no such column in s.csv "latency"');
    withLaw('{ law: empirical, file: s.csv, column: other }');
    expect((await own())[0]).to.contain('s.csv:2:1: unknown duration "x"');
    withLaw('{ law: empirical, file: s.csv }');
    const study = await load('', { files: [at('scenario.yaml')] });
    expect(study.cells[0].scenario.workloads['deployment/web.default'].service.default).to.deep.equal({ law: 'empirical', values: [0.0035, 0.012] });
  });

  it('reads a folder with its scenario, each file once, and hashes contents only', async () => {
    for (const name of ['one', 'two']) {
      put(`${name}/k8s/web.yaml`, WEB);
      put(`${name}/scenario.yaml`, scenarioText('  manifests: [ ./k8s/, k8s/*.yaml ]', ''));
    }
    const one = await load('', { files: [at('one')] });
    const two = await load('', { files: [at('two'), at('two/k8s')] });
    expect(one.hash).to.equal(two.hash);
    expect(one.cells[0].scenario.objects).to.have.length(2);
    expect(one.cells[0].scenario.objects[0].origin).to.equal(`${at('one/k8s/web.yaml')}:2:1`);
  });
});

/** Nine levels of nine references each: 9^9 words. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 9 }, () => `*l${i}`).join(', ')}]`);
  return `l0: &l0 word\n${levels.join('\n')}\n`;
}
