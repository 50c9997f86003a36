/** A client that opens so many connections that its ports come round while ipvs still tracks their last use. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { deployment, meanMs, NO_LATENCY, replay, service, totalOf } from '../testing/small-cluster.ts';

const RATE = 500; // connections per second: 28,232 ports come round after 56.5 s, TIME_WAIT lasts 120 s
const ROUND = 28232 / RATE;

describe('ports that come round in TIME_WAIT', () => {
  function run(words: string, timeline = '[]'): Promise<RunResult> {
    return replay(
      `  run: { duration: 80s, warmup: 0s }
  cluster: { nodes: { count: 1 }, kubeProxy: { mode: ipvs${words} }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 0s } }
  clients: [ { name: c, count: 1, target: "http://web/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: ${RATE}/s } } ]
  timeline: ${timeline}`,
      deployment('web', 4) + service('web'),
    );
  }

  const duration = ({ clients }: RunResult) => meanMs(clients[0].request_duration);

  it('lose a second with conn_reuse_mode 1', async () => {
    expect(duration(await run(', connReuseMode: 1'))).to.be.closeTo((1000 * (80 - ROUND)) / 80, 5);
  });

  it('go where they went with conn_reuse_mode 0, also to a pod that is gone', async () => {
    const scaled = '[ { at: 50s, do: kubectl scale deployment/web --replicas=3 } ]';
    const old = await run(', connReuseMode: 0, weight0Reschedule: off', scaled);
    const newer = await run(', connReuseMode: 1', scaled);
    expect(duration(old)).to.be.below(1);
    // a quarter of the ports led to the pod that is gone: those that come round after it has ended
    const failed = ({ requests }: RunResult) => requests.failed;
    expect(failed(old)).to.be.within(0.2 * RATE * (80 - ROUND), 0.3 * RATE * (80 - ROUND));
    expect(failed(newer)).to.be.below(0.01 * failed(old) + 100);
    expect(totalOf(Object.values(old.requests.byOutcome))).to.equal(old.requests.offered);
  });

  it('are free again when nothing is written', async () => {
    expect(duration(await run(''))).to.be.below(0.001);
  });
});
