import { expect } from 'chai';
import { chooseNodePort, staticPortBandSize } from './node-port.ts';

describe('NodePort allocation', () => {
  it('leaves the lower band to ports set by hand', () => {
    expect(staticPortBandSize(2768)).to.equal(86);
    expect(staticPortBandSize(32767 - 20000 + 1)).to.equal(128);
    expect(staticPortBandSize(200)).to.equal(16);
    expect(staticPortBandSize(16)).to.equal(0);
    expect(chooseNodePort([30000, 32767], () => false, 0)).to.equal(30086);
  });

  it('goes on to the next free port, around the end, then into the lower band', () => {
    expect(chooseNodePort([30000, 32767], (port) => port === 30086, 0)).to.equal(30087);
    expect(chooseNodePort([30000, 32767], (port) => port > 30090, 2681)).to.equal(30086);
    expect(chooseNodePort([30000, 32767], (port) => port >= 30086, 0)).to.equal(30000);
    expect(chooseNodePort([30000, 32767], () => true, 0)).to.equal(null);
  });
});
