import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { issues, load, scenario, scenarioText, sectionIssues, WEB } from '../testing/scenarios.ts';
import { constantRate } from '../workload/rate.ts';
import { scenarioTemplate } from './init.ts';

describe('loadStudy', () => {
  it('reads a stream of manifests and a scenario, and records what it assumed', async () => {
    const study = await load(scenarioText(''));
    expect(study).to.include({ name: 'test', seed: '1', replications: 20 });
    expect(study.cells).to.have.length(1);
    const { run, clients, workloads, cluster, assumptions } = study.cells[0].scenario;
    expect(run).to.include({ durationNs: 60e9, warmupNs: 10e9, gracefulStopNs: 30e9 });
    expect(clients[0]).to.deep.include({ name: 'c', count: 50, from: { type: 'nodes' }, timeoutNs: 0 });
    expect(clients[0].target).to.deep.equal({ text: 'http://web/', scheme: 'http', host: 'web', port: 80, path: '/' });
    expect(Object.keys(workloads)).to.deep.equal(['deployment/web.default']);
    expect(workloads['deployment/web.default']).to.deep.include({ concurrency: 8, calls: [], holdWhileCalling: true, cpuLimit: null });
    expect(cluster.kubeProxy).to.deep.equal({ mode: 'ipvs', scheduler: 'rr', overhead: '257a+i', portReuse: null, minSyncPeriodNs: 0, assumed: true });
    expect(cluster.nodes.map((node) => node.name)).to.deep.equal(['node-1', 'node-2', 'node-3']);
    expect(assumptions.filter((each) => each.workload === 'deployment/web.default').map((each) => `${each.path} = ${each.value}`)).to.deep.equal([
      '/spec/workloads/deployment~1web/service = exponential 10ms',
      '/spec/workloads/deployment~1web/concurrency = 8',
      '/spec/workloads/deployment~1web/queue/limit = 1024, then reject',
    ]);
  });

  it('builds the same from flags', async () => {
    const study = await load(WEB, {
      quick: {
        to: 'http://web/cart',
        rate: '200/s',
        duration: '2m',
        clients: '7',
        connections: '2',
        keepalive: 'off',
        service: 'exponential:mean=5ms',
        concurrency: '3',
      },
      seed: 'x',
      replications: 4,
    });
    expect(study).to.include({ seed: 'x', replications: 4 });
    const { clients, workloads, run } = study.cells[0].scenario;
    expect(run.durationNs).to.equal(120e9);
    expect(clients[0]).to.deep.include({
      name: 'client',
      count: 7,
      arrivals: { type: 'open', steps: { law: 'exponential', mean: 1 }, rate: constantRate(200), batch: null },
    });
    expect(clients[0].protocol).to.include({ keepAlive: false, connections: 2, requestsPerConnection: 1 });
    expect(clients[0].requests[0].path).to.equal('/cart');
    expect(workloads['deployment/web.default']).to.deep.include({ concurrency: 3, service: { default: { law: 'exponential', mean: 0.005 }, byRoute: [] } });
  });

  it('names the flag that is wrong', async () => {
    expect(await issues(WEB, { quick: { to: 'web', rate: '100', duration: '2' } })).to.deep.equal([
      '--duration: duration without a unit "2" (write 50us, 250ms, 2s, 5m or 1h)',
      '--rate: rate without a unit "100" (write 200/s, 30/m, 10/h or 2k/s)',
      '--to: not a URL "web" (write http://web)',
    ]);
    expect(await issues(WEB, { quick: { to: 'web', rate: '100/s', duration: '2m' } })).to.deep.equal(['--to: not a URL "web" (write http://web)']);
    expect(await issues(WEB, { quick: { to: 'http://web/' } })).to.deep.equal([
      '--rate: is missing (e.g. --rate 100/s)',
      '--duration: is missing (e.g. --duration 2m)',
    ]);
    expect((await issues(scenarioText(''), { quick: { rate: '1/s' } }))[0]).to.contain(
      '--rate: a flag for runs without a scenario "1/s" (write --set clients[0].arrivals.rate=1/s)',
    );
  });

  it('gives the same hash to the same content, whatever the files are called', async () => {
    const text = scenarioText('');
    const { hash } = await load(text);
    expect(hash).to.match(/^sha256:[0-9a-f]{64}$/);
    expect((await load(text.replace('# ', '#'), { seed: 'other', replications: 3 })).hash).to.equal(hash);
    expect((await load(text.replace('replicas: 3', 'replicas: 4'))).hash).not.to.equal(hash);
    expect((await load(text, { sets: ['run.duration=2m'] })).hash).not.to.equal(hash);
    expect((await load(text, { kubeProxy: 'iptables' })).hash).not.to.equal(hash);
  });

  it('lists every issue at once, with its place', async () => {
    const found = await sectionIssues(
      '  workloads: { deployment/wob: { concurency: 4 }, deployment/web: { concurrency: 0, queue: { limit: many } } }\n  speed: 3',
    );
    expect(found).to.have.length(5);
    expect(found.join('\n')).to.contain('spec.workloads.deployment/wob: no such Deployment in the manifests');
    expect(found.join('\n')).to.match(/^-:\d+:\d+ spec\.workloads\.deployment\/wob\.concurency: unknown key "concurency" \(did you mean concurrency\?\)$/m);
    expect(found.join('\n')).to.match(/spec\.workloads\.deployment\/web\.queue\.limit: unknown queue limit "many" \(none, or a number of queue places\)/);
    expect(found.join('\n')).to.match(/spec\.speed: unknown key "speed"/);
  });

  const OTHERS = `  workloads: { deployment/wob: {}, deployment/web: { service: { law: lognormal, mean: 1ms, p99: 1s } } }
  timeline: [ { at: 1s, do: kubectl explode } ]
  thresholds: { request_durration: ["p(99)<1s"], "request_duration{client=c}": ["p(99)<1s"] }
`;
  const MEANT = [
    /deployment\/wob: no such Deployment/,
    /no lognormal law has this p99 and mean/,
    /unknown kubectl command/,
    /unknown metric "request_durration"/,
  ];
  const MISSHAPEN: [string, string, RegExp[]][] = [
    ['an unknown section', '  speed: 3\n', [/unknown key "speed"/]],
    ['a duration without a unit', '  run: { duration: 5 }\n', [/run.duration: duration without a unit "5"/]],
    ['nothing to run', '  run: {}\n', [/spec.run: duration is missing/]],
    [
      'nodes that are none',
      '  cluster: { nodes: 3 }\n  clients: [ { name: c, target: http://web/, from: node/a, arrivals: { rate: 1/s } } ]\n',
      [/cluster.nodes/],
    ],
    ['a misspelt target', '  clients: [ { name: c, tagret: http://web/, arrivals: { rate: 1/s } } ]\n', [/target is missing/, /did you mean target/]],
    ['a misspelt rate', '  clients: [ { name: c, target: http://web/, arrivals: { rat: 1/s } } ]\n', [/did you mean rate/]],
    ['no name', '  clients: [ { target: http://web/, arrivals: { rate: 1/s } } ]\n', [/name is missing/]],
    ['no clients', '  clients: []\n', [/spec.clients: empty/]],
  ];
  for (const [name, sections, wanted] of MISSHAPEN) {
    it(`lists what else is wrong beside ${name}, and nothing that is not`, async () => {
      const found = await sectionIssues(sections + OTHERS);
      for (const message of [...wanted, ...MEANT])
        expect(
          found.filter((issue) => message.test(issue)),
          String(message),
        ).to.have.length(1);
      expect(found, found.join('\n')).to.have.length(wanted.length + MEANT.length);
    });
  }

  it('takes no parameter that is wrong for one that is missing', async () => {
    const found = await sectionIssues('  workloads: { deployment/web: { service: { law: exponential, mean: 5 }, calls: [ { targett: http://web/ } ] } }');
    expect(found).to.have.length(2);
    expect(found.join('\n')).to.contain('duration without a unit').and.to.contain('did you mean target?');
  });

  it('refuses by name what is not built', async () => {
    const words: [string, string][] = [
      ['  clients: [ { name: c, target: http://web/, arrivals: { rate: 1/s }, retry: { attempts: 1 } } ]', 'retry: not built yet in this version'],
      ['  clients: [ { name: c, target: http://web/, arrivals: { rate: 1/s }, hedge: {} } ]', 'hedge: not built yet'],
      ['  clients: [ { name: c, target: http://web/, arrivals: { rate: 1/s }, balancer: { plane: nginx, policy: random } } ]', 'nginx: not built yet'],
      ['  run: { duration: 1m, warmup: mser5 }\n  timeline: [ { at: 5s, do: kubectl scale deployment/web --replicas=3 } ]', 'warmup: mser5 with a timeline'],
      ['  cluster: { hpa: { follow: true } }', 'hpa: not built yet'],
    ];
    for (const [sections, message] of words) expect((await sectionIssues(sections)).join('\n'), sections).to.contain(message);
  });

  it('checks what the scenario names against the manifests', async () => {
    const wrong: [string, string][] = [
      ['  workloads: { deployment/wep: {} }', 'no such Deployment in the manifests "deployment/wep" (did you mean deployment/web?)'],
      ['  workloads: { deployment/web: {}, deploy/web: {} }', 'workload given twice'],
      ['  clients: [ { name: c, from: deployment/x, target: http://web/, arrivals: { rate: 1/s } } ]', 'no such Deployment'],
      ['  clients: [ { name: c, from: node/node-9, target: http://web/, arrivals: { rate: 1/s } } ]', 'no such node "node-9"'],
      ['  clients: [ { name: c, from: { zones: { z: 100% } }, target: http://web/, arrivals: { rate: 1/s } } ]', 'no node is in this zone "z"'],
      [
        '  clients: [ { name: c, target: http://web/, arrivals: { rate: 1/s } }, { name: c, target: http://web/, arrivals: { rate: 1/s } } ]',
        'two clients with one name "c"',
      ],
      ['  clients: [ { name: c, target: ftp://web/, arrivals: { rate: 1/s } } ]', 'unknown scheme "ftp"'],
      ['  clients: [ { name: c, target: http://web/, arrivals: { rate: 0/s } } ]', 'no request ever comes'],
      ['  clients: [ { name: c, target: http://web/ } ]', 'no arrivals'],
      ['  clients: [ { name: c, target: http://web/, arrivals: { rate: 1000M/s } } ]', 'absurd rate "1000M/s" (at most 10000000/s)'],
      ['  run: { duration: 1m, warmup: 1m }', 'not shorter than the duration'],
      ['  timeline: [ { at: 2m, do: kubectl scale deployment/web --replicas=2 } ]', 'after the end of the run'],
      ['  timeline: [ { at: 1s, do: kubectl scale deployment/wab --replicas=2 } ]', 'no such Deployment in namespace default "wab" (did you mean web?)'],
      ['  timeline: [ { at: 1s, do: kubectl delete pod -l app=x } ]', 'selects no pod'],
      ['  timeline: [ { at: 1s, do: kubectl explode } ]', 'unknown kubectl command'],
    ];
    for (const [sections, message] of wrong) expect((await sectionIssues(sections)).join('\n'), sections).to.contain(message);
  });

  it('writes a template that loads, with its manifests beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    try {
      mkdirSync(join(folder, 'k8s'));
      writeFileSync(join(folder, 'k8s', 'web.yaml'), WEB);
      const { objects, workloads } = await scenario('');
      const text = scenarioTemplate({ name: 'first', manifests: './k8s/', found: { objects, workloads } });
      writeFileSync(join(folder, 'scenario.yaml'), text);
      const study = await load('', { files: [join(folder, 'scenario.yaml')] });
      expect(study.name).to.equal('first');
      expect(study.cells[0].scenario.clients[0].target.host).to.equal('web.default.svc.cluster.local');
      expect(text).to.contain('deployment/web: {}\n      # concurrency: 8');
      expect((await load(text.replace('./k8s/', join(folder, 'k8s')))).name).to.equal('first');
      const quick = { to: 'http://web.default.svc.cluster.local/', rate: '100/s', duration: '10m' };
      const [written, assumed] = [study, await load(WEB, { quick })].map(({ cells }) => cells[0].scenario);
      expect(written.clients).to.deep.equal(assumed.clients);
      expect(written.run).to.deep.equal(assumed.run);
      expect(written.cluster).to.deep.equal({ ...assumed.cluster, kubeProxy: { ...assumed.cluster.kubeProxy, assumed: false } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('axes', () => {
  const SWEEP = `  sweep:
    axes:
      replicas: { path: /manifests/Deployment/web/spec/replicas, values: [4, 8] }
      slots: { path: /spec/workloads/deployment~1web/concurrency, values: [1, 2, 3] }`;

  it('make one cell for each combination, the last axis fastest', async () => {
    const { cells } = await load(scenarioText(SWEEP));
    expect(cells.map((cell) => cell.axes)).to.deep.equal([4, 8].flatMap((replicas) => [1, 2, 3].map((slots) => ({ replicas, slots }))));
    expect(cells.map((cell) => cell.id)).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(cells[5].scenario.objects[0].spec.replicas).to.equal(8);
    expect(cells[5].scenario.workloads['deployment/web.default'].concurrency).to.equal(3);
    expect(cells[0].scenario.objects[0].spec.replicas).to.equal(4);
  });

  it('come from flags too', async () => {
    const { cells } = await load(scenarioText(''), {
      vary: ['clients[0].arrivals.rate=10/s,20/s'],
      sets: ['run.duration=3m', 'workloads.deployment/web.service={ law: exponential, mean: 1ms }'],
    });
    expect(cells.map((cell) => cell.axes)).to.deep.equal([{ rate: '10/s' }, { rate: '20/s' }]);
    expect(cells[1].scenario.run.durationNs).to.equal(180e9);
    expect(cells[1].scenario.workloads['deployment/web.default'].service.default).to.deep.equal({ law: 'exponential', mean: 0.001 });
  });

  it('of another mode of kube-proxy leave the scheduler of ipvs behind, and say so', async () => {
    const { cells } = await load(scenarioText('  cluster: { kubeProxy: { mode: ipvs, scheduler: rr } }'), { vary: ['cluster.kubeProxy.mode=ipvs,iptables'] });
    expect(cells.map(({ scenario: { cluster } }) => cluster.kubeProxy)).to.deep.equal([
      { mode: 'ipvs', scheduler: 'rr', overhead: '257a+i', portReuse: null, minSyncPeriodNs: 0, assumed: false },
      { mode: 'iptables', ipListTot: 100, minSyncPeriodNs: 1e9, assumed: false },
    ]);
    expect(cells[1].scenario.assumptions.some(({ path }) => path === '/spec/cluster/kubeProxy/scheduler')).to.equal(true);
    expect((await sectionIssues('  cluster: { kubeProxy: { mode: iptables, scheduler: rr } }')).join()).to.contain('a scheduler without mode: ipvs');
  });

  it('of manifests are written as flags write workloads, or as pointers', async () => {
    const forms = [
      'deployment/web.spec.replicas',
      'Deployment/web.default.spec.replicas',
      'manifests.Deployment/web.spec.replicas',
      'manifests.Deployment.web.spec.replicas',
      '/manifests/Deployment/web/spec/replicas',
    ];
    for (const form of forms) {
      const { cells } = await load(scenarioText(''), { vary: [`${form}=4,5`] });
      const replicas = cells.map(({ scenario }) => scenario.objects.find(({ kind }) => kind === 'Deployment')?.spec?.replicas);
      expect(replicas, form).to.deep.equal([4, 5]);
    }
  });

  it('point somewhere, or are issues', async () => {
    const wrong: [Parameters<typeof load>[1], string][] = [
      [
        { vary: ['/manifests/Deployment/wob/spec/replicas=1,2'] },
        'the path points nowhere "/manifests/Deployment/wob/spec/replicas" (did you mean deployment/web.spec.replicas?)',
      ],
      [{ vary: ['/manifests/Deployment/web/spec/replika=1,2'] }, 'no such field in Deployment/web; fields are written as in the manifest'],
      [{ sets: ['deployment/wbe.spec.replicas=1'] }, '(did you mean deployment/web.spec.replicas?)'],
      [{ sets: ['deployment/other.spec.replicas=1'] }, '(there is Deployment/web; write kind/name.spec.replicas)'],
      [{ vary: ['run.durration=1m'] }, '--vary run.durration: unknown key "durration" (did you mean duration?)'],
      [{ sets: ['clients[4].count=1'] }, '--set clients[4].count: the path points nowhere'],
      [{ sets: ['run.duration=5'] }, '--set run.duration: duration without a unit "5"'],
      [{ sets: ['nonsense'] }, '--set: not path=value "nonsense"'],
      [{ vary: ['run.seed=1,2'] }, 'an axis cannot change this'],
      [{ sets: ['__proto__.x=1'] }, 'unknown key'],
      [{ vary: ['/manifests/Deployment/web/spec/replicas=a,b'] }, 'a whole number is expected, not a string "a"'],
    ];
    for (const [options, message] of wrong) expect((await issues(scenarioText(''), options)).join('\n'), JSON.stringify(options)).to.contain(message);
  });
});

describe('thresholds', () => {
  const read = async (text: string) => (await scenario(`  thresholds: { ${text} }`)).thresholds;

  it('are taken apart', async () => {
    expect(
      await read('"request_duration{client=c, since=30s}": [ "p(99.5)<120ms" ], request_failed: [ "rate<0.1%" ], "pod_load{service=web}": [ "jain >= 0.95" ]'),
    ).to.deep.equal([
      {
        metric: 'request_duration{client=c, since=30s}',
        expr: 'p(99.5)<120ms',
        name: 'request_duration',
        tags: { client: 'c' },
        sinceNs: 30e9,
        statistic: 'p(99.5)',
        operator: '<',
        limit: 0.12,
      },
      { metric: 'request_failed', expr: 'rate<0.1%', name: 'request_failed', tags: {}, sinceNs: null, statistic: 'rate', operator: '<', limit: 0.001 },
      {
        metric: 'pod_load{service=web}',
        expr: 'jain >= 0.95',
        name: 'pod_load',
        tags: { service: 'default/web' },
        sinceNs: null,
        statistic: 'jain',
        operator: '>=',
        limit: 0.95,
      },
    ]);
    expect((await scenario('  thresholds: { request_duration: [ "p(99.5)<120ms", "p(99)<1s" ] }')).run.percentiles).to.deep.equal([99.5]);
  });

  it('may ask for every figure that a result has', async () => {
    const asked = await read(
      '"pod_load{service=web}": [ "idlePods==0" ], call_duration: [ "mean<1ms" ], "stickiness{service=web, by=request}": [ "chance<50%" ], "utilization{service=web}": [ "mean<=70%" ], "traffic{service=web}": [ "crossZoneBytes<=2KiB" ], network: [ "sd<1ms" ]',
    );
    expect(asked.map(({ statistic, limit }) => [statistic, limit])).to.deep.equal([
      ['idlePods', 0],
      ['mean', 0.001],
      ['chance', 0.5],
      ['mean', 0.7],
      ['crossZoneBytes', 2048],
      ['sd', 0.001],
    ]);
  });

  it('are never vacuous', async () => {
    const wrong: [string, string][] = [
      ['request_durations: [ "p(99)<1s" ]', 'unknown metric "request_durations" (did you mean request_duration?)'],
      ['"request_duration{client=d}": [ "p(99)<1s" ]', 'no such client "d" (there is c)'],
      ['"request_duration{clint=c}": [ "p(99)<1s" ]', 'unknown tag of request_duration "clint"'],
      ['"pod_load{service=wob}": [ "jain>0.9" ]', 'no such Service in the manifests "wob"'],
      ['pod_load: [ "jain>0.9" ]', 'pod_load needs tag service'],
      ['request_duration: [ "p(99)<120" ]', 'duration without a unit "120"'],
      ['request_duration: [ "avg<120ms" ]', 'unknown statistic of this metric "avg"'],
      ['request_duration: [ "p(100)<120ms" ]', 'percentile out of range'],
      ['request_duration: [ "fast" ]', 'not a threshold "fast"'],
      ['"request_duration{since=2m}": [ "p(99)<120ms" ]', 'since is not before the end of the run'],
      ['"stickiness{service=web}": [ "samePod>=0.9" ]', 'stickiness needs tag by'],
      ['"network{since=30s}": [ "mean<1ms" ]', 'network is not kept by window'],
      ['"request_duration{service=web, since=30s}": [ "mean<1ms" ]', 'a Service keeps no durations by window'],
    ];
    for (const [text, message] of wrong) expect((await sectionIssues(`  thresholds: { ${text} }`)).join('\n'), text).to.contain(message);
  });
});
