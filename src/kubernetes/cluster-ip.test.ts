import { expect } from 'chai';
import fc from 'fast-check';
import { chooseClusterIp, staticBandSize } from './cluster-ip.ts';
import type { Ipv4Range } from './ipv4.ts';
import { contains, formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

const range = (text: string) => parseCidr(text) as Ipv4Range;

describe('ClusterIP allocation', () => {
  // KEP-3070's own examples.
  for (const [cidr, offset, first] of [
    ['10.96.0.0/12', 256, '10.96.1.1'],
    ['192.168.0.0/16', 256, '192.168.1.1'],
    ['192.168.0.0/22', 64, '192.168.0.65'],
    ['192.168.0.0/26', 16, '192.168.0.17'],
    ['192.168.0.0/28', 0, '192.168.0.1'],
  ] as const) {
    it(`starts the dynamic band of ${cidr} at ${first}`, () => {
      expect(staticBandSize(range(cidr).size)).to.equal(offset);
      expect(formatIpv4(chooseClusterIp(range(cidr), () => false, 0) as number)).to.equal(first);
    });
  }

  it('takes the static band only when the dynamic one is full', () => {
    const { base } = range('192.168.0.0/26');
    const isTaken = (address: number) => address > base + 16;
    expect(formatIpv4(chooseClusterIp(range('192.168.0.0/26'), isTaken, 5) as number)).to.match(/^192\.168\.0\.([1-9]|1[0-6])$/);
    expect(chooseClusterIp(range('192.168.0.0/26'), () => true, 5)).to.equal(null);
  });

  it('gives out every usable address once, never network or broadcast', () => {
    const small = range('10.0.0.0/27');
    const taken = new Set<number>();
    for (let i = 0; i < 30; i++) taken.add(chooseClusterIp(small, (address) => taken.has(address), i * 7919) as number);
    expect(taken.size).to.equal(30);
    expect(taken.has(small.base) || taken.has(small.base + 31)).to.equal(false);
    expect(chooseClusterIp(small, (address) => taken.has(address), 1)).to.equal(null);
  });
});

describe('IPv4 text', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.nat(4294967295), (value) => {
        expect(parseIpv4(formatIpv4(value))).to.equal(value);
      }),
      { seed: 1 },
    );
  });

  it('refuses what is not an address or a block', () => {
    for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', 'fd00::1', '1.2.3.4.5']) expect(parseIpv4(text), text).to.equal(null);
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/x', 'a/8', '10.0.0.0/8/8']) expect(parseCidr(text), text).to.equal(null);
  });

  it('cuts a block at its own border', () => {
    expect(parseCidr('10.96.3.7/12')).to.deep.include({ base: parseIpv4('10.96.0.0'), size: 1048576 });
    expect(contains(range('10.96.0.0/12'), parseIpv4('10.111.255.255') as number)).to.equal(true);
    expect(contains(range('10.96.0.0/12'), parseIpv4('10.112.0.0') as number)).to.equal(false);
  });
});
