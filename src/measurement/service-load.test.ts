import { expect } from 'chai';
import { ADDRESS_HIDDEN, ONE_CROSSING, SECOND_HOP, ServiceLoad } from './service-load.ts';

describe('the ways that attempts at a Service take', () => {
  it('are counted by trait, bytes once for each crossing', () => {
    const load = new ServiceLoad('default/web', 1, []);
    load.sent(0, 10);
    load.sent(ADDRESS_HIDDEN, 10);
    load.sent(ADDRESS_HIDDEN + SECOND_HOP + ONE_CROSSING, 10);
    load.sent(SECOND_HOP + 2 * ONE_CROSSING, 10);
    expect(load.traffic()).to.deep.equal({ sent: 4, clientAddressKept: 2, secondHop: 2, crossZone: 2, crossZoneBytes: 30 });
  });
});
