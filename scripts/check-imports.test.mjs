import { expect } from 'chai';
import { importIssues } from './check-imports.mjs';

const issuesOf = (path, text) => importIssues([{ path, text }]);

describe('the import direction rule', () => {
  it('lets folders import what lies below them', () => {
    expect(issuesOf('simulation/run.ts', "import { a } from '../engine/kernel.ts';\nimport { b } from './b.ts';")).to.deep.equal([]);
    expect(issuesOf('balancers/l4/x.ts', "import type { Issue } from '../../errors.ts';\nimport { log } from '../../random/portable-math.ts';")).to.deep.equal(
      [],
    );
    expect(issuesOf('statistics/x.ts', "import { log } from '../random/portable-math.ts';")).to.deep.equal([]);
    expect(issuesOf('index.ts', "export { run } from './experiments/run.ts';")).to.deep.equal([]);
  });

  it('names an import upward or sideways with its line', () => {
    expect(issuesOf('engine/kernel.ts', "\nimport { x } from '../simulation/run.ts';")).to.deep.equal([
      'src/engine/kernel.ts:2: imports "simulation/run" (engine may not import simulation)',
    ]);
    expect(issuesOf('balancers/l4/x.ts', "import {\n  x,\n} from '../../pods/pods.ts';")[0]).to.contain('balancers may not import pods');
    expect(issuesOf('random/x.ts', "export * from '../engine/kernel.ts';")).to.have.length(1);
    expect(issuesOf('random/x.ts', "const x = await import('../engine/kernel.ts');")).to.have.length(1);
    expect(issuesOf('errors.ts', "import { x } from './engine/kernel.ts';")[0]).to.contain('row 0');
  });

  it('tells types from values', () => {
    expect(issuesOf('measurement/x.ts', "import type { Key } from '../random/stream.ts';")).to.deep.equal([]);
    expect(issuesOf('measurement/x.ts', "import { mix32 } from '../random/stream.ts';")[0]).to.contain('only types');
  });

  it('keeps the simulation behind one file of experiments', () => {
    const text = "import { runReplication } from '../simulation/run.ts';";
    expect(issuesOf('experiments/worker.ts', text)).to.deep.equal([]);
    expect(issuesOf('experiments/run.ts', text)[0]).to.contain('only worker.ts, plan.ts');
  });

  it('keeps testing to tests, and leaves tests alone', () => {
    const text = "import { world } from '../testing/worlds.ts';\nimport { x } from '../cli/main.ts';";
    expect(issuesOf('pods/pods.ts', text)).to.have.length(2);
    expect(issuesOf('pods/pods.test.ts', text)).to.deep.equal([]);
  });

  it('ignores imports in comments, and asks for a row for a new folder', () => {
    expect(issuesOf('engine/x.ts', "// import { x } from '../cli/main.ts';\n/* import '../cli/main.ts' */")).to.deep.equal([]);
    expect(issuesOf('novelty/x.ts', "import { x } from '../engine/kernel.ts';")[0]).to.contain('has no row');
  });
});
