import { expect } from 'chai';
import { portabilityIssues } from './check-portable.mjs';

const issuesOf = (text, path = 'engine/x.ts') => portabilityIssues([{ path, text }]);

describe('the ban of unportable arithmetic', () => {
  it('allows what is exact everywhere', () => {
    expect(issuesOf('Math.floor(Math.sqrt(x) * Math.PI) + Math.imul(a, b) * Math.LN2')).to.deep.equal([]);
  });

  for (const text of ['Math.log(x)', 'Math.log2(x)', 'Math.exp(x)', 'Math.hypot(x, y)', 'Math.random()', 'x ** 2', 'x **= 2']) {
    it(`finds ${text}`, () => expect(issuesOf(text)).to.have.length(1));
  }
  for (const text of [
    'const { log } = Math;',
    'Date.now()',
    'new Date()',
    'performance.now()',
    'a.localeCompare(b)',
    'x.toLocaleString()',
    'new Intl.Collator()',
  ]) {
    it(`finds ${text}`, () => expect(issuesOf(text)).to.have.length(1));
  }

  it('names file and line', () => {
    expect(issuesOf('\n\nconst x = Math.pow(2, 3);')[0]).to.match(/^src\/engine\/x\.ts:3: uses "Math\.pow"/);
  });

  it('ignores comments, strings, tests, and folders where results are only shown', () => {
    expect(issuesOf("// Math.log\n/* Date\n ** */ const text = 'Math.exp';\n/** docs */")).to.deep.equal([]);
    expect(issuesOf('Math.log(x)', 'engine/x.test.ts')).to.deep.equal([]);
    expect(issuesOf('Math.log(x)', 'report/x.ts')).to.deep.equal([]);
  });
});
