import { expect } from 'chai';
import { issues, load, scenario, scenarioText, sectionIssues, WEB } from '../testing/scenarios.ts';

const written = (words: string) => `  cluster: { kubeProxy: { ${words} } }`;
const QUICK = { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } };

describe('kube-proxy', () => {
  it('has a mode and, in ipvs, a scheduler', async () => {
    const { kubeProxy } = (await scenario(written('mode: ipvs, scheduler: lc, overhead: 256a+i, connReuseMode: 0, weight0Reschedule: off'))).cluster;
    expect(kubeProxy).to.deep.equal({
      mode: 'ipvs',
      scheduler: 'lc',
      overhead: '256a+i',
      portReuse: { mode: 0, looksForWeight0: false },
      minSyncPeriodNs: 0,
      assumed: false,
    });
    expect((await scenario(written('mode: ipvs, connReuseMode: 1'))).cluster.kubeProxy).to.deep.include({ portReuse: { mode: 1, looksForWeight0: true } });
    expect((await sectionIssues(written('mode: ipvs, weight0Reschedule: on'))).join()).to.contain('weight0Reschedule: means nothing without connReuseMode');
  });

  it('is named by a flag too, with its scheduler after a colon', async () => {
    const flagged = async (kubeProxy: string) => (await scenario('', WEB, { kubeProxy })).cluster.kubeProxy;
    expect(await flagged('ipvs:mh')).to.include({ mode: 'ipvs', scheduler: 'mh' });
    expect(await flagged('ipvs')).to.include({ mode: 'ipvs', scheduler: 'rr' });
    expect(await flagged('cilium:maglev')).to.include({ mode: 'cilium', algorithm: 'maglev', tableSize: 16381 });
    expect(await flagged('nftables')).to.include({ mode: 'nftables', minSyncPeriodNs: 1e9 });
    const refused = async (kubeProxy: string) => (await issues(WEB, { ...QUICK, kubeProxy })).join();
    expect(await refused('ipvs:wl')).to.contain('--kube-proxy: unknown scheduler of ipvs "wl" (one of rr, wrr, lc, ');
    expect(await refused('cilium:ring')).to.contain('unknown algorithm of cilium "ring" (random or maglev)');
    expect(await refused('iptable')).to.equal('--kube-proxy: unknown mode of kube-proxy "iptable" (did you mean iptables?)');
    expect(await refused('iptables:lc')).to.contain('iptables has nothing to choose "iptables:lc" (write iptables)');
  });

  it('is read from KubeProxyConfiguration, whose unknown scheduler has a line', async () => {
    const configuration = (scheduler: string) =>
      `${WEB}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\nipvs:\n  scheduler: ${scheduler}\n`;
    expect((await scenario('', configuration('sed'))).cluster.kubeProxy).to.include({ scheduler: 'sed' });
    expect((await scenario('', configuration('""'))).cluster.kubeProxy).to.include({ scheduler: 'rr' });
    expect((await sectionIssues('', configuration('fastest'))).join()).to.match(
      /:\d+:\d+ ipvs\.scheduler: unknown scheduler of ipvs "fastest" \(one of rr, wrr, /,
    );
  });

  it('has no mode cilium in a configuration of its own', async () => {
    const configuration = `${WEB}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: cilium\n`;
    expect((await sectionIssues('', configuration)).join()).to.contain('mode: unknown mode of kube-proxy "cilium" (Cilium stands in its place');
  });

  it('may be Cilium, or what there was before 1.26', async () => {
    const words = 'mode: cilium, algorithm: maglev, tableSize: 1021, hashSeed: AAAAAAAAAAAAAAAA, forwarding: dsr';
    expect((await scenario(written(words))).cluster.kubeProxy).to.deep.equal({
      mode: 'cilium',
      algorithm: 'maglev',
      tableSize: 1021,
      hashSeed: 'AAAAAAAAAAAAAAAA',
      forwarding: 'dsr',
      minSyncPeriodNs: 0,
      assumed: false,
    });
    expect((await scenario(written('mode: userspace'))).cluster.kubeProxy).to.deep.equal({ mode: 'userspace', minSyncPeriodNs: 0, assumed: false });
    expect((await scenario(written('mode: iptables, ipListTot: 20'))).cluster.kubeProxy).to.include({ ipListTot: 20 });
  });

  it('is refused where the version does not have it', async () => {
    const early = '  cluster: { kubernetesVersion: "1.28", kubeProxy: { mode: nftables } }';
    expect((await sectionIssues(early)).join()).to.contain('kubernetesVersion: kube-proxy has no mode nftables yet "1.28" (it came with 1.29)');
  });

  it('names place and way out of what does not fit', async () => {
    expect((await sectionIssues(written('mode: ipvs, scheduler: fastest'))).join()).to.match(/:\d+:\d+ .*scheduler: unknown value "fastest" \(one of rr, wrr/);
    expect((await sectionIssues(written('mode: cilium, tableSize: 1000'))).join()).to.contain('tableSize: unknown value "1000" (one of 251, 509');
    expect((await sectionIssues(written('mode: cilium, hashSeed: short'))).join()).to.contain('hashSeed: unknown hash seed "short"');
    expect((await sectionIssues(written('mode: iptables, overhead: 256a+i'))).join()).to.contain('overhead without mode: ipvs');
  });

  it('leaves words of another mode behind when an axis sets the mode', async () => {
    const { cells } = await load(scenarioText(written('mode: ipvs, scheduler: sed, overhead: 256a+i')), { vary: ['cluster.kubeProxy.mode=ipvs,iptables'] });
    expect(cells.map((cell) => cell.scenario.cluster.kubeProxy.mode)).to.deep.equal(['ipvs', 'iptables']);
    const dropped = cells[1].scenario.assumptions.filter(({ path }) => path.startsWith('/spec/cluster/kubeProxy/')).map(({ path }) => path.split('/').at(-1));
    expect(dropped).to.deep.equal(['scheduler', 'overhead']);
  });
});
