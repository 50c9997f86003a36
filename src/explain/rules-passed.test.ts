/** Names of chains are those of real clusters: `kubernetes` and `kube-dns` have them everywhere, the others stand in kube-proxy's own tests. */
import { expect } from 'chai';
import type { Service } from '../kubernetes/index.ts';
import { nodeProxy } from '../simulation/kube-proxy.ts';
import { type Frontend, servicePorts } from '../simulation/service-ports.ts';
import { scenario } from '../testing/scenarios.ts';
import { chain, destinationOf, nftChain, type Passage, rulesPassed } from './rules-passed.ts';

function portOf(namespace: string, serviceName: string, name: string, protocol = 'TCP', spec = {}) {
  const ports = [{ name, port: 80, protocol, targetPort: 8080, nodePort: 30080 }];
  const service = { metadata: { name: serviceName, namespace }, spec: { clusterIP: '10.96.0.1', ports, ...spec } } as unknown as Service;
  return servicePorts(service, 0, 0)[0];
}

async function passed(mode: string, entry: Frontend['entry'], more: Partial<Passage> = {}, spec = {}): Promise<readonly string[]> {
  const { cluster } = await scenario(`  cluster: { kubeProxy: { mode: ${mode} } }`);
  const frontend = portOf('default', 'kubernetes', 'https', 'TCP', spec).frontends.find((one) => one.entry === entry) as Frontend;
  return rulesPassed(nodeProxy(cluster.kubeProxy), {
    frontend,
    destination: destinationOf(frontend, '10.0.0.1'),
    isFromCluster: false,
    isLocal: false,
    picked: '10.244.0.2:8080',
    refusal: null,
    isShutOut: false,
    masquerade: null,
    nodeAddress: '10.0.0.1',
    ...more,
  });
}

describe('the rules that a connection passes', () => {
  it('bear the names that they have on real nodes', () => {
    expect(chain('KUBE-SVC', portOf('default', 'kubernetes', 'https'))).to.equal('KUBE-SVC-NPX46M4PTMTKRN6Y');
    expect(chain('KUBE-SVC', portOf('kube-system', 'kube-dns', 'dns', 'UDP'))).to.equal('KUBE-SVC-TCOU7JCQXEZGVUNU');
    expect(chain('KUBE-SVC', portOf('kube-system', 'kube-dns', 'dns-tcp'))).to.equal('KUBE-SVC-ERIFXISQEP7F7OF4');
    expect(nftChain('service', portOf('ns1', 'svc1', 'p80'))).to.equal('service-ULMVA6XW-ns1/svc1/tcp/p80');
    expect(nftChain('endpoint', portOf('ns1', 'svc1', 'p80'), '10.180.0.1:80')).to.equal('endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80');
  });

  it('in iptables mode are KUBE-SERVICES, the policy’s chain, the endpoint’s, and masquerading at the end', async () => {
    const inside = await passed('iptables', 'cluster-ip', { isFromCluster: true });
    expect(inside.slice(0, 3)).to.deep.equal(['PREROUTING or OUTPUT', 'KUBE-SERVICES', 'KUBE-SVC-NPX46M4PTMTKRN6Y']);
    expect(inside[3]).to.match(/^KUBE-SEP-[A-Z2-7]{16}: DNAT to 10\.244\.0\.2:8080$/);
    const outside = await passed('iptables', 'node-port', { masquerade: 'policy-cluster' });
    expect(outside.slice(1, 4)).to.deep.equal(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXT-NPX46M4PTMTKRN6Y (marks for masquerade)']);
    expect(outside.at(-1)).to.equal('KUBE-POSTROUTING: MASQUERADE as 10.0.0.1');
  });

  it('by policy Local are KUBE-SVL from outside, and KUBE-SVC past it from inside', async () => {
    const local = { type: 'NodePort', externalTrafficPolicy: 'Local' };
    const outside = await passed('iptables', 'node-port', { isLocal: true }, local);
    expect(outside.slice(3, 5)).to.deep.equal(['KUBE-EXT-NPX46M4PTMTKRN6Y', 'KUBE-SVL-NPX46M4PTMTKRN6Y']);
    const inside = await passed('iptables', 'node-port', { isFromCluster: true }, local);
    expect(inside.slice(3, 5)).to.deep.equal(['KUBE-EXT-NPX46M4PTMTKRN6Y (pod traffic: past policy Local)', 'KUBE-SVC-NPX46M4PTMTKRN6Y']);
    expect(await passed('iptables', 'node-port', { picked: null, refusal: 'dropped' }, local)).to.deep.equal([
      'PREROUTING (filter)',
      'KUBE-EXTERNAL-SERVICES: DROP',
    ]);
  });

  it('of a load balancer with source ranges begin with its firewall', async () => {
    const balanced = { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'], externalIPs: ['192.0.2.1'] };
    const [port] = servicePorts(
      {
        metadata: { name: 'kubernetes', namespace: 'default' },
        spec: { ports: [{ name: 'https', port: 80, protocol: 'TCP', targetPort: 80 }], ...balanced },
        status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } },
      } as unknown as Service,
      0,
      0,
    );
    const frontend = port.frontends.find(({ entry }) => entry === 'load-balancer') as Frontend;
    const shut = await passed('iptables', 'node-port', { frontend, picked: null, refusal: 'dropped', isShutOut: true });
    expect(shut.slice(1)).to.deep.equal(['KUBE-SERVICES', 'KUBE-FW-NPX46M4PTMTKRN6Y', 'KUBE-PROXY-FIREWALL (filter): DROP']);
    expect((await passed('iptables', 'node-port', { frontend }))[2]).to.equal('KUBE-FW-NPX46M4PTMTKRN6Y');
  });

  it('are maps in nftables mode, virtual servers in ipvs mode, sockets with Cilium', async () => {
    expect(await passed('nftables', 'node-port')).to.include('map service-nodeports { tcp . 30080 }');
    expect(await passed('nftables', 'cluster-ip')).to.include('map service-ips { 10.96.0.1 . tcp . 80 }');
    expect(await passed('ipvs', 'node-port', { masquerade: 'policy-cluster' })).to.include.members([
      'ipset KUBE-NODE-PORT-TCP: KUBE-MARK-MASQ',
      'virtual server TCP 10.0.0.1:30080 rr',
      'real server 10.244.0.2:8080 Masq weight 1',
    ]);
    expect(await passed('ipvs', 'cluster-ip')).to.include('kube-ipvs0, virtual server TCP 10.96.0.1:80 rr');
    expect(await passed('cilium', 'cluster-ip', { isFromCluster: true })).to.include('connect(): cil_sock4_connect');
  });
});
