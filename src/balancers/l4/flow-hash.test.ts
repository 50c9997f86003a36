import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, testPlace } from '../../testing/balancer-contract.ts';
import { DROP, type EndpointSet } from '../balancer.ts';
import { flowHash } from './flow-hash.ts';

const nodes = (count: number, conditions = 1): EndpointSet => endpointSet(Array.from({ length: count }, (_, id) => ({ id, conditions })));

describe('flow hash', () => {
  balancerContract(flowHash, {});

  it('sends all of a flow to one node, and flows of other ports evenly over all', () => {
    const balancer = flowHash.create({}, testPlace('ports'));
    balancer.update(nodes(5));
    const counts = new Int32Array(5);
    const flow = flowOf(1);
    for (let port = 1024; port < 51024; port++) {
      flow.sourcePort = port;
      const node = balancer.pick(flow);
      expect(balancer.pick(flow)).to.equal(node);
      counts[node]++;
    }
    for (const count of counts) expect(count).to.be.closeTo(10000, 400);
  });

  it('uses all nodes when none is healthy, and drops when there is none', () => {
    const balancer = flowHash.create({}, testPlace('health'));
    balancer.update(nodes(3, 0));
    expect(balancer.pick(flowOf(1))).to.be.at.least(0);
    balancer.update(nodes(0));
    expect(balancer.pick(flowOf(1))).to.equal(DROP);
  });
});
