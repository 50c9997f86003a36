import { expect } from 'chai';
import { versionDefaults } from './versions.ts';

describe('defaults by version of Kubernetes', () => {
  it('follow l4.md part 10', () => {
    const rows = ['1.25', '1.26', '1.31', '1.32', '1.35', '1.37'].map((version) => {
      const { terminatingFallback, udpConntrackCleanup, nodeMonitorGraceNs } = versionDefaults(version);
      return [version, terminatingFallback, udpConntrackCleanup, nodeMonitorGraceNs / 1e9];
    });
    expect(rows).to.deep.equal([
      ['1.25', false, 'event', 40],
      ['1.26', true, 'event', 40],
      ['1.31', true, 'event', 40],
      ['1.32', true, 'reconcile-skip-empty', 50],
      ['1.35', true, 'reconcile-skip-empty', 50],
      ['1.37', true, 'reconcile-all', 50],
    ]);
  });
});
