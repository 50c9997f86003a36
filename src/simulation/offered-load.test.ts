import { expect } from 'chai';
import { scenario } from '../testing/scenarios.ts';
import { LATENCY } from '../testing/small-cluster.ts';
import { describeTraffic } from './offered-load.ts';

/** Clients of the Service `web`, whose pods serve in 10 ms, 2 ms away and back. */
async function traffic(client: string, workload = '') {
  return describeTraffic(
    await scenario(`
  cluster: { ${LATENCY} }
  workloads: { deployment/web: { concurrency: 8, service: 10ms${workload} } }
  clients: [ { name: load, target: "http://web/", ${client} } ]`),
  );
}

describe('what is offered before a run', () => {
  it('is rate × mean service ÷ slots', async () => {
    const { offeredLoad } = await traffic('count: 100, arrivals: { process: poisson, rate: 400/s }');
    const [web] = offeredLoad;
    expect(web.rate).to.equal(400);
    expect(web.load).to.be.closeTo((400 * 0.01) / (web.pods * 8), 1e-12);
    expect(web.heldLoad).to.equal(web.load);
  });

  it('names clients whose connections cannot carry their rate: connections ÷ (service + way there and back)', async () => {
    const { clientBound } = await traffic('count: 10, arrivals: { process: poisson, rate: 1000/s }');
    expect(clientBound).to.deep.equal([{ client: 'load', rate: 1000, capacity: 10 / 0.012, connections: 10 }]);
  });

  it('binds no client that has enough connections, many streams, or a new connection for each request', async () => {
    for (const client of ['count: 20', 'count: 1, protocol: { type: http/2 }', 'count: 10, protocol: { keepAlive: off }']) {
      expect((await traffic(`${client}, arrivals: { process: poisson, rate: 1000/s }`)).clientBound).to.deep.equal([]);
    }
  });
});
