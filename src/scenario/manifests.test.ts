import { expect } from 'chai';
import { issues, load, scenario, scenarioText, sectionIssues, WEB } from '../testing/scenarios.ts';

const QUICK = { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } };

function deployment(name: string, podSpec: string, more = ''): string {
  return `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: ${podSpec}
${more}---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [ { port: 80, name: http } ] }
`;
}

describe('what is not modelled', () => {
  it('is listed by file, line, object and field; what has no effect is counted', async () => {
    const text = `${WEB}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
---
apiVersion: v1
kind: Service
metadata:
  name: odd
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
    service.kubernetes.io/topology-mode: Auto
    example.com/owner: me
spec:
  ports: [ { port: 1 } ]
  trafficDistribution: PreferClose
  newField: 3
`;
    const { notModelled } = await load(text, QUICK);
    expect(notModelled.couldMatter).to.deep.equal([
      { where: '-:23', what: 'NetworkPolicy/deny' },
      { where: '-:36', what: 'Service/odd: metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-type"]' },
      { where: '-:42', what: 'Service/odd: spec.newField' },
    ]);
    expect(notModelled.noEffect.count).to.equal(3); // image, ConfigMap, annotation
  });

  it('begins with what is probably misspelt', async () => {
    const text = WEB.replace('replicas: 3', 'replcas: 3').replace('image: web:1', 'newField: 1\n          readinessProb: {}');
    expect((await load(text, QUICK)).notModelled.couldMatter.map(({ what }) => what)).to.deep.equal([
      'Deployment/web: spec.replcas (did you mean replicas?)',
      'Deployment/web: spec.template.spec.containers[0].readinessProb (did you mean readinessProbe?)',
      'Deployment/web: spec.template.spec.containers[0].newField',
    ]);
    const both = await load(WEB.replace('replicas: 3', 'replicas: 3\n  replcas: 3'), QUICK);
    expect(both.notModelled.couldMatter.map(({ what }) => what)).to.deep.equal(['Deployment/web: spec.replcas']);
  });

  it('begins with keys that stand twice, as where a --- is missing', async () => {
    const text = `${WEB}kind: Service\nmetadata: { name: other, name: twice }\n`;
    const { couldMatter } = (await load(text, QUICK)).notModelled;
    expect(couldMatter.slice(0, 3).map(({ what }) => what)).to.deep.equal([
      'Service/twice: kind stands twice (the last one counts: is a --- missing?)',
      'Service/twice: metadata stands twice (the last one counts: is a --- missing?)',
      'Service/twice: metadata.name stands twice (the last one counts)',
    ]);
  });

  it('does not repeat what owned objects of a dump say again', async () => {
    const owned = `---
apiVersion: v1
kind: Pod
metadata: { name: web-1, ownerReferences: [ { kind: Deployment, name: web, controller: true } ], managedFields: [ { a: 1 } ] }
spec: { containers: [ { name: web, livenessProbe: {} } ] }
status: { podIP: 10.244.0.7, phase: Running }
`;
    const study = await load(WEB + owned, QUICK);
    expect(study.notModelled.couldMatter).to.deep.equal([]);
    expect(Object.keys(study.cells[0].scenario.workloads)).to.deep.equal(['deployment/web.default']);
    const pod = study.cells[0].scenario.objects.find((object) => object.kind === 'Pod');
    expect(pod?.status.podIP).to.equal('10.244.0.7');
    expect(pod?.metadata).not.to.have.property('managedFields');
  });

  it('counts a Job, unless a Service selects its pods', async () => {
    const job = (app: string) => `---\napiVersion: batch/v1\nkind: Job\nmetadata: { name: j }\nspec: { template: { metadata: { labels: { app: ${app} } } } }\n`;
    expect((await load(WEB + job('other'), QUICK)).notModelled.couldMatter).to.deep.equal([]);
    expect((await load(WEB + job('web'), QUICK)).notModelled.couldMatter[0].what).to.equal('Job/j');
  });
});

describe('manifests', () => {
  it('come as lists and as JSON', async () => {
    const list = JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'List',
        items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }], newField: 'x' } }],
      },
      null,
      2,
    );
    const study = await load(list, QUICK);
    expect(study.cells[0].scenario.objects.map((object) => object.kind)).to.deep.equal(['Service']);
    expect(study.notModelled.couldMatter[0].where).to.equal('-:17');
  });

  it('have the same places as JSON, found without the YAML parser', async () => {
    const value = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x', labels: { 'a"b\\': 'c', list: [1, [], {}, 'z'] } },
      spec: { ports: [{ port: 'x' }, { port: -1.5e3 }] },
    };
    for (const indent of [0, 2]) {
      const text = JSON.stringify(value, null, indent);
      const asYaml = await issues(`---\n${text}\n`, QUICK);
      const asJson = await issues(text, QUICK);
      expect(asJson).to.have.length(2);
      expect(asJson.map((issue) => issue.replace(/^-:(\d+)/, (_, line) => `-:${Number(line) + 1}`))).to.deep.equal(asYaml);
    }
  });

  it('leave the data of Secrets behind', async () => {
    const secret = `---
apiVersion: v1
kind: Secret
metadata: { name: s, annotations: { kubectl.kubernetes.io/last-applied-configuration: "hunter2" } }
data: { password: hunter2 }
stringData: { password: hunter2 }
`;
    const study = await load(WEB + secret, QUICK);
    expect(JSON.stringify(study)).not.to.contain('hunter2');
    expect((await load(WEB + secret.replaceAll('hunter2', 'other'), QUICK)).hash).to.equal(study.hash);
  });

  it('that the API server refuses are issues at the field it names, beside all others', async () => {
    const service = (name: string, spec: string) => `---\napiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec:\n  selector: { app: web }\n${spec}`;
    const ports = '  ports:\n    - port: 80\n';
    const manifests =
      WEB +
      service('a', `  type: NodePort\n${ports}      nodePort: 30080\n`) +
      service('b', `  type: NodePort\n${ports}      nodePort: 30080\n`) +
      service('c', `  clusterIP: 1.2.3.4\n${ports}`) +
      service(
        'd',
        `  sessionAffinity: ClientIP\n  sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } }\n  ports: [ { port: 80 }, { port: 80, name: x } ]\n`,
      );
    const found = await sectionIssues('  cluster: { nodes: { count: 1, cpu: many } }', manifests);
    const has = (text: string) =>
      expect(
        found.filter((issue) => issue.includes(text)),
        `${text} in\n${found.join('\n')}`,
      ).to.have.length(1);
    has('not a number of CPUs');
    has('The Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated');
    has('The Service "c" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]');
    has('spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401');
    has('The Service "d" is invalid: spec.ports[0].name: Required value');
    expect(new Set(found.map((issue) => issue.split(' ')[0])).size).to.equal(found.length);
  });

  it('of Ingresses with TLS are not modelled where plain HTTP would be redirected', async () => {
    const ingress = (annotation: string) => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i${annotation} }
spec: { tls: [ { hosts: [ a.example ] } ], defaultBackend: { service: { name: web, port: { number: 80 } } } }
`;
    const listed = async (manifests: string) => (await load(WEB + manifests, QUICK)).notModelled.couldMatter.filter(({ what }) => what.includes('308'));
    expect((await listed(ingress(''))).map(({ what }) => what)).to.deep.equal(['Ingress/i: ssl-redirect (308) of plain HTTP to hosts with TLS']);
    expect(await listed(ingress(', annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" }'))).to.deep.equal([]);
  });

  it('given twice: the last counts, as with kubectl apply, and is an assumption', async () => {
    const { objects, assumptions } = await scenario('', WEB + WEB.replace('replicas: 3', 'replicas: 5'));
    expect(objects.filter((object) => object.kind === 'Deployment').map((object) => object.spec.replicas)).to.deep.equal([5]);
    expect(assumptions.some((each) => each.path === '/manifests/Deployment/web' && each.why.startsWith('given twice'))).to.equal(true);
  });

  it('name the mode of kube-proxy', async () => {
    const configuration = (mode: string) => `${WEB}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: "${mode}"\n`;
    expect((await scenario('', configuration(''))).cluster.kubeProxy).to.deep.equal({ mode: 'iptables', ipListTot: 100, minSyncPeriodNs: 1e9, assumed: false });
    expect((await scenario('', configuration('ipvs'))).cluster.kubeProxy).to.deep.equal({
      mode: 'ipvs',
      scheduler: 'rr',
      overhead: '257a+i',
      portReuse: null,
      minSyncPeriodNs: 0,
      assumed: false,
    });
    expect((await scenario('', configuration('ipvs'), { kubeProxy: 'iptables' })).cluster.kubeProxy).to.deep.equal({
      mode: 'iptables',
      ipListTot: 100,
      minSyncPeriodNs: 1e9,
      assumed: false,
    });
    expect((await sectionIssues('', configuration('kernelspace')))[0]).to.contain('mode: unknown mode of kube-proxy "kernelspace" (one of iptables, ');
  });

  it('give kube-proxy its shortest time between syncs; the scenario comes first', async () => {
    const configuration = (section: string) =>
      `${WEB}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n${section}\n`;
    const minSync = async (sections: string, section: string) => (await scenario(sections, configuration(section))).cluster.kubeProxy.minSyncPeriodNs;
    expect(await minSync('', 'iptables: { minSyncPeriod: 250ms, masqueradeBit: 14 }')).to.equal(250e6);
    expect(await minSync('', 'iptables: { minSyncPeriod: 0s }')).to.equal(1e9);
    expect(await minSync('  cluster: { kubeProxy: { mode: iptables, minSyncPeriod: 0s } }', 'iptables: { minSyncPeriod: 250ms }')).to.equal(0);
    expect((await sectionIssues('', configuration('iptables: { minSyncPeriod: soon }'))).join()).to.contain('iptables.minSyncPeriod');
  });

  it('bring nodes', async () => {
    const node = `---
apiVersion: v1
kind: Node
metadata: { name: n1, labels: { topology.kubernetes.io/zone: a } }
status: { capacity: { cpu: "4" }, allocatable: { cpu: 3920m }, addresses: [ { type: InternalIP, address: 10.0.0.5 }, { type: ExternalIP, address: 203.0.113.5 } ] }
`;
    const { nodes } = (await scenario('', WEB + node)).cluster;
    expect(nodes).to.deep.equal([
      { name: 'n1', zone: 'a', cpu: 3.92, public: true, labels: { 'topology.kubernetes.io/zone': 'a' }, internalIp: '10.0.0.5', externalIp: '203.0.113.5' },
    ]);
  });

  it('say when a pod is ready and how it ends', async () => {
    const podSpec =
      '{ terminationGracePeriodSeconds: 60, containers: [ { name: a, resources: { limits: { cpu: 500m } }, readinessProbe: { initialDelaySeconds: 5, periodSeconds: 2 }, lifecycle: { preStop: { sleep: { seconds: 15 } } } } ] }';
    const { workloads } = await scenario('', WEB + deployment('api', podSpec));
    expect(workloads['deployment/api.default']).to.deep.include({
      cpuLimit: 0.5,
      lifecycle: { readinessDelayNs: 5e9, readinessPeriodNs: 2e9, preStopNs: 15e9, gracePeriodNs: 60e9, minReadyNs: 0 },
    });
  });
});

describe('calls from environment variables', () => {
  const env = (...values: string[]) => `{ containers: [ { name: a, env: [ ${values.map((value, i) => `{ name: V${i}, value: "${value}" }`).join(', ')} ] } ] }`;

  it('are taken where host and port name a Service, in order of appearance', async () => {
    const manifests =
      WEB +
      deployment('front', env('http://back.default.svc.cluster.local/x', 'web:80', '80', 'back:80', 'back:81', 'redis:6379', 'localhost:80')) +
      deployment('back', '{ containers: [ { name: a } ] }');
    const study = await load(scenarioText('', manifests));
    const { workloads, assumptions } = study.cells[0].scenario;
    const calls = workloads['deployment/front.default'].calls.map((step) =>
      step.type === 'call' ? [step.call.target.text, step.call.probability, step.call.assumed] : [],
    );
    expect(calls).to.deep.equal([
      ['http://back.default.svc.cluster.local:80/x', 1, true],
      ['http://web:80/', 1, true],
    ]);
    expect(assumptions.filter((each) => each.path.includes('/calls')).map((each) => each.why)).to.deep.equal([
      'environment variable V0',
      'environment variable V1',
    ]);
    const listed = study.notModelled.couldMatter.map((each) => each.what.replace(/^Deployment\/front: /, ''));
    expect(listed.filter((what) => what.startsWith('environment'))).to.deep.equal([
      'environment variable V4 names back:81, not called (the Service has no such port)',
      'environment variable V5 names redis:6379, not called (no Service has this name)',
    ]);
  });

  it('give way to written calls', async () => {
    const manifests = WEB + deployment('front', env('web:80'));
    const { workloads } = await scenario(
      '  workloads: { deployment/front: { calls: [ { parallel: [ { target: "http://web/", count: 2, probability: 0.5, timeout: 1s, optional: true } ] } ] } }',
      manifests,
    );
    expect(workloads['deployment/front.default'].calls).to.deep.equal([
      {
        type: 'parallel',
        calls: [
          {
            target: { text: 'http://web/', scheme: 'http', host: 'web', port: 80, path: '/' },
            probability: 0.5,
            count: 2,
            timeoutNs: 1e9,
            optional: true,
            assumed: false,
          },
        ],
      },
    ]);
  });

  it('may not go in a circle, but a workload may name itself', async () => {
    const circle = WEB + deployment('a', env('b:80')) + deployment('b', env('a:80', 'b:80'));
    expect((await sectionIssues('', circle))[0]).to.contain(
      'calls go in a circle: deployment/a → deployment/b → deployment/a (write calls: [] for one of them, or --set workloads.deployment/a.calls=[]',
    );
    expect(await sectionIssues('  workloads: { deployment/a: { calls: [] } }', circle)).to.deep.equal([]);
    expect(await sectionIssues('', WEB + deployment('a', env('a:80')))).to.deep.equal([]);
  });
});
