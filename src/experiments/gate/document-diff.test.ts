import { expect } from 'chai';
import { diffDocuments } from './document-diff.ts';

describe('the diff of documents', () => {
  it('names value by value what was changed, added and removed', () => {
    const before = { 'Deployment/web': { spec: { replicas: 3, template: { containers: [{ cpu: '2' }, { cpu: '1' }] }, paused: false } }, 'Service/old': {} };
    const after = {
      'Deployment/web': { spec: { template: { containers: [{ cpu: '1500m' }] }, replicas: 3, strategy: { type: 'Recreate' } } },
      'Service/new': {},
    };
    expect(diffDocuments(before, after)).to.deep.equal([
      { document: 'Deployment/web', path: 'spec.paused', before: 'false', after: null },
      { document: 'Deployment/web', path: 'spec.strategy', before: null, after: '{"type":"Recreate"}' },
      { document: 'Deployment/web', path: 'spec.template.containers[0].cpu', before: '"2"', after: '"1500m"' },
      { document: 'Deployment/web', path: 'spec.template.containers[1]', before: '{"cpu":"1"}', after: null },
      { document: 'Service/new', path: '', before: null, after: 'added' },
      { document: 'Service/old', path: '', before: 'removed', after: null },
    ]);
  });

  it('does not mind the order of keys, and quotes keys with dots', () => {
    expect(diffDocuments({ a: { x: 1, y: { z: 2 } } }, { a: { y: { z: 2 }, x: 1 } })).to.deep.equal([]);
    expect(diffDocuments({ a: { labels: { 'app.io/name': 'x' } } }, { a: { labels: { 'app.io/name': 'y' } } })[0].path).to.equal('labels["app.io/name"]');
  });
});
