import { expect } from 'chai';
import { deployment, messages, pod, podOwner, service, world } from '../testing/kubernetes-world.ts';
import type { KubernetesObject, Service } from './objects.ts';

const refusal = (object: KubernetesObject) => messages(world([object]))[0] ?? 'accepted';
const specOf = (object: KubernetesObject) => (world([object]).cluster.get('Service', 'default', object.metadata.name) as Service).spec;

describe('Service admission', () => {
  const cases: readonly [string, KubernetesObject, string][] = [
    [
      'a node port on a ClusterIP',
      service('a', { ports: [{ port: 80, nodePort: 30080 }] }),
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    ['no ports', service('a', { ports: undefined }), 'spec.ports: Required value'],
    ['port 0', service('a', { ports: [{ port: 0 }] }), 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    ['port 70000', service('a', { ports: [{ port: 70000 }] }), 'must be between 1 and 65535, inclusive'],
    ['a long target name', service('a', { ports: [{ port: 80, targetPort: 'a-very-long-name' }] }), 'must be no more than 15 characters'],
    ['two unnamed ports', service('a', { ports: [{ port: 80 }, { port: 81, name: 'b' }] }), 'spec.ports[0].name: Required value'],
    [
      'a repeated name',
      service('a', {
        ports: [
          { port: 80, name: 'x' },
          { port: 81, name: 'x' },
        ],
      }),
      'spec.ports[1].name: Duplicate value: "x"',
    ],
    [
      'a repeated port',
      service('a', {
        ports: [
          { port: 80, name: 'x' },
          { port: 80, name: 'y' },
        ],
      }),
      'spec.ports[1]: Duplicate value',
    ],
    [
      'an unknown type',
      service('a', { type: 'Magic' }),
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      'an unknown protocol',
      service('a', { ports: [{ port: 80, protocol: 'HTTP' }] }),
      'spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    ['affinity for no time', affinity(0), 'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400'],
    ['affinity for too long', affinity(86401), 'must be greater than 0 and less than 86400'],
    [
      'an unknown affinity',
      service('a', { sessionAffinity: 'Cookie' }),
      'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
    ],
    ['a headless NodePort', service('a', { type: 'NodePort', clusterIP: 'None' }), "may not be set to 'None' for NodePort services"],
    ['ExternalName without a name', service('a', { type: 'ExternalName' }), 'spec.externalName: Required value'],
    [
      'a policy nobody can use',
      service('a', { externalTrafficPolicy: 'Local' }),
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'an unknown policy for outside traffic',
      service('a', { type: 'NodePort', externalTrafficPolicy: 'Global' }),
      'spec.externalTrafficPolicy: Unsupported value: "Global": supported values: "Cluster", "Local"',
    ],
    [
      'an unknown policy for inside traffic',
      service('a', { internalTrafficPolicy: 'Zone' }),
      'spec.internalTrafficPolicy: Unsupported value: "Zone": supported values: "Cluster", "Local"',
    ],
    [
      'an unknown distribution',
      service('a', { trafficDistribution: 'Nearby' }),
      'spec.trafficDistribution: Unsupported value: "Nearby": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
    [
      'a health check without policy Local',
      service('a', { type: 'LoadBalancer', healthCheckNodePort: 30500 }),
      "spec.healthCheckNodePort: Invalid value: 30500: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'source ranges without a load balancer',
      service('a', { loadBalancerSourceRanges: ['10.0.0.0/8'] }),
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      'a source range that is none',
      service('a', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8 ', '10.0.0.1'] }),
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'an external IP that is none',
      service('a', { externalIPs: ['example.com'] }),
      'spec.externalIPs[0]: Invalid value: "example.com": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'an external IP of the loopback range',
      service('a', { externalIPs: ['192.0.2.1', '127.0.0.1'] }),
      'spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    ['a ClusterIP that is no address', service('a', { clusterIP: 'ten' }), 'spec.clusterIPs[0]: Invalid value: "ten": must be a valid IP address'],
    [
      'a ClusterIP that its list does not begin with',
      service('a', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.8'] }),
      'spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`',
    ],
    [
      'the port of kubelet on a load balancer',
      service('a', { type: 'LoadBalancer', ports: [{ port: 10250 }] }),
      'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
    ],
    [
      'node port 80',
      service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    ['a name with markup', service('<script>'), 'metadata.name: Invalid value: "<script>": a DNS-1035 label must consist of'],
    ['a name that begins with a digit', service('1a'), 'a DNS-1035 label'],
  ];
  for (const [what, object, text] of cases) it(`refuses ${what}`, () => expect(refusal(object)).to.contain(text));

  it('accepts affinity for exactly a day, and fills in three hours', () => {
    expect(refusal(affinity(86400))).to.equal('accepted');
    expect(specOf(service('a', { sessionAffinity: 'ClientIP' })).sessionAffinityConfig).to.deep.equal({ clientIP: { timeoutSeconds: 10800 } });
  });

  it('fills in type, protocol, target port and policies', () => {
    expect(specOf(service('a', { ports: [{ port: 80 }] }))).to.deep.include({ type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
    expect(specOf(service('a', { ports: [{ port: 80 }] })).ports).to.deep.equal([{ name: '', port: 80, protocol: 'TCP', targetPort: 80 }]);
    expect(specOf(service('a', { type: 'NodePort' })).externalTrafficPolicy).to.equal('Cluster');
  });

  it('lists several causes as kubectl does', () => {
    expect(refusal(service('a', { ports: [{ port: 0, name: 'x' }, { port: 81 }] }))).to.match(
      /^The Service "a" is invalid: \n\* spec\.ports\[0]\.port: .*\n\* spec\.ports\[1]\.name: Required value$/,
    );
  });
});

describe('workload admission', () => {
  const template = { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'main' }] } };
  const cases: readonly [string, KubernetesObject, string][] = [
    [
      'a selector that misses its template',
      deployment('a', 1, { template }),
      'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
    ],
    ['no selector', deployment('a', 1, { selector: undefined }), 'spec.selector: Required value'],
    ['an empty selector', deployment('a', 1, { selector: {} }), 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ['negative replicas', deployment('a', -1), 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ['absurdly many replicas', deployment('a', 2_000_000_000), 'spec.replicas: Invalid value: 2000000000: must be at most 100000 to be simulated'],
    ['no containers', deployment('a', 1, {}, { containers: [] }), 'spec.template.spec.containers: Required value'],
    [
      'a rollout that cannot move',
      deployment('a', 1, { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      'maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'Recreate with limits',
      deployment('a', 1, { strategy: { type: 'Recreate', rollingUpdate: {} } }),
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    ['an unknown strategy', deployment('a', 1, { strategy: { type: 'Fast' } }), 'spec.strategy.type: Unsupported value: "Fast"'],
    [
      'a replication controller that misses its template',
      podOwner('ReplicationController', 'a', { selector: { app: 'x' } }),
      '`selector` does not match template `labels`',
    ],
    ['a pod with a long name', pod('x'.repeat(254), {}), 'must be no more than 253 bytes'],
    ['a pod with capitals', pod('Web', {}), 'a lowercase RFC 1123 subdomain must consist of'],
    ['a pod without a name', pod('', {}), 'metadata.name: Required value: name or generateName is required'],
  ];
  for (const [what, object, text] of cases) it(`refuses ${what}`, () => expect(refusal(object)).to.contain(text));

  it('refuses wrong types in the words of the decoder, whatever the depth', () => {
    expect(refusal(service('a', { ports: [{ port: 'eighty' }] }))).to.equal(
      'Error from server (BadRequest): Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field spec.ports[0].port of type int32',
    );
    expect(refusal(service('a', { selector: { app: 1 } }))).to.contain('field spec.selector of type map[string]string');
    expect(refusal(deployment('a', 1, {}, { containers: 'main' }))).to.contain(
      'cannot unmarshal string into Go struct field spec.template.spec.containers of type array',
    );
    expect(refusal({ ...service('a'), spec: [] })).to.contain('cannot unmarshal array into Go struct field spec of type object');
    expect(refusal(deployment('a', 1e21))).to.contain('cannot unmarshal number into Go struct field spec.replicas of type int32');
    expect(refusal(deployment('a', 1.5))).to.contain('cannot unmarshal number into Go struct field spec.replicas of type int32');
  });

  it('reads null as absent', () => {
    expect(refusal(deployment('a', 1, { strategy: null, minReadySeconds: null }))).to.equal('accepted');
    expect(refusal({ ...service('a'), spec: null })).to.contain('spec.ports: Required value');
  });
});

function affinity(timeoutSeconds: number): KubernetesObject {
  return service('a', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } });
}
