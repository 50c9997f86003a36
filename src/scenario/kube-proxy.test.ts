import { expect } from 'chai';
import { issues, load, scenario, scenarioText, sectionIssues, WEB } from '../testing/scenarios.ts';

const written = (words: string) => `  cluster: { kubeProxy: { ${words} } }`;
const QUICK = { quick: { to: 'http://web/', rate: '1/s', duration: '1m' } };

describe('kube-proxy', () => {
  it('has a mode and, in ipvs, a scheduler', async () => {
    const { kubeProxy } = (await scenario(written('mode: ipvs, scheduler: lc, overhead: 256a+i'))).cluster;
    expect(kubeProxy).to.deep.equal({ mode: 'ipvs', scheduler: 'lc', overhead: '256a+i', minSyncPeriodNs: 0, assumed: false });
  });

  it('is named by a flag too, with its scheduler after a colon', async () => {
    const flagged = async (kubeProxy: string) => (await scenario('', WEB, { kubeProxy })).cluster.kubeProxy;
    expect(await flagged('ipvs:mh')).to.include({ mode: 'ipvs', scheduler: 'mh' });
    expect(await flagged('ipvs')).to.include({ mode: 'ipvs', scheduler: 'rr' });
    const refused = async (kubeProxy: string) => (await issues(WEB, { ...QUICK, kubeProxy })).join();
    expect(await refused('ipvs:wl')).to.contain('--kube-proxy: unknown scheduler of ipvs "wl" (one of rr, wrr, lc, ');
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

  it('names place and way out of what does not fit', async () => {
    expect((await sectionIssues(written('mode: ipvs, scheduler: fastest'))).join()).to.match(/:\d+:\d+ .*scheduler: unknown value "fastest" \(one of rr, wrr/);
    expect((await sectionIssues(written('mode: iptables, overhead: 256a+i'))).join()).to.contain('overhead without mode: ipvs');
  });

  it('leaves words of another mode behind when an axis sets the mode', async () => {
    const { cells } = await load(scenarioText(written('mode: ipvs, scheduler: sed, overhead: 256a+i')), { vary: ['cluster.kubeProxy.mode=ipvs,iptables'] });
    expect(cells.map((cell) => cell.scenario.cluster.kubeProxy.mode)).to.deep.equal(['ipvs', 'iptables']);
    const dropped = cells[1].scenario.assumptions.filter(({ path }) => path.startsWith('/spec/cluster/kubeProxy/')).map(({ path }) => path.split('/').at(-1));
    expect(dropped).to.deep.equal(['scheduler', 'overhead']);
  });
});
