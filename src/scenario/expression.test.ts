import { expect } from 'chai';
import fc from 'fast-check';
import { type AxisValue, type ExpressionProblem, parseExpression } from './expression.ts';

const AXES: ReadonlyMap<string, readonly AxisValue[]> = new Map<string, readonly AxisValue[]>([
  ['replicas', [4, 8]],
  ['maxConnectionAge', ['0s', '30s', '2m']],
  ['rate', ['100/s', '2k/s']],
  ['policy', ['random', 'round_robin']],
  ['keepAlive', [true, false]],
  ['in-zone.share', ['5%', '50%']],
]);

const CELL = { replicas: 4, maxConnectionAge: '2m', rate: '100/s', policy: 'random', keepAlive: false, 'in-zone.share': '5%' };

function holds(text: string, axes: Readonly<Record<string, AxisValue>> = CELL): boolean {
  const condition = parseExpression(text, AXES);
  if (typeof condition !== 'function') throw new Error(`${text}: ${condition.problem}`);
  return condition(axes);
}

function problemOf(text: string): ExpressionProblem {
  const condition = parseExpression(text, AXES);
  if (typeof condition === 'function') throw new Error(`${text} was read`);
  return condition;
}

describe('expressions over axes', () => {
  for (const [text, expected] of [
    ["replicas == 4 && maxConnectionAge == '2m'", true],
    ["replicas == 8 && maxConnectionAge == '2m'", false],
    ["replicas == 8 || maxConnectionAge == '2m'", true],
    ['replicas==4', true],
    ["replicas == '4'", true],
    ['replicas != 4', false],
    ['replicas < 8 && replicas <= 4 && replicas >= 4 && replicas > 3.5', true],
    ["maxConnectionAge == '120s' && maxConnectionAge == 2m", true],
    ['maxConnectionAge > 119999ms && maxConnectionAge < 1h', true],
    ["rate < '0.2k/s' && rate == 6000/m", true],
    ['in-zone.share <= 5%', true],
    ["policy == 'random'", true],
    ['policy in ["round_robin", "random"]', true],
    ['policy in ["round_robin"]', false],
    ['maxConnectionAge in [30s, 120s]', true],
    ['!keepAlive && !(replicas == 8)', true],
    ['keepAlive == false', true],
    ['true', true],
    // && binds tighter than ||, ! tighter than both.
    ['replicas == 4 || replicas == 8 && keepAlive', true],
    ['(replicas == 4 || replicas == 8) && keepAlive', false],
    ['!replicas == 4 || replicas == 4', true],
  ] as const)
    it(`${text} is ${expected}`, () => expect(holds(text)).to.equal(expected));

  for (const [text, at, problem, value, hint] of [
    ['replica == 4', 0, 'no such axis', 'replica', /did you mean replicas\?/],
    ['replicas == four', 12, 'no such axis', 'four', /text is written in quotes/],
    ['replicas = 4', 9, 'cannot be read', '= 4', /==/],
    ["policy == 'random", 10, 'cannot be read', "'random", /quote is not closed/],
    ['replicas == 4 &&', 16, 'an axis or a value is expected', undefined, /axes: /],
    ['replicas == 4 keepAlive', 14, 'not expected here', 'keepAlive', /&& or \|\|/],
    ['(replicas == 4', 14, ') is expected', undefined, undefined],
    ['replicas', 8, 'a comparison is expected', undefined, /==/],
    ['policy in [', 11, 'an axis or a value is expected', undefined, /axes/],
    ["policy < 'x'", 9, 'no order between random and x', undefined, /quantities of one kind/],
    ['rate > 5m', 7, 'no order between 100/s and 5m', undefined, /quantities of one kind/],
    ['', 0, 'an axis or a value is expected', undefined, /axes/],
    ['!'.repeat(200), 100, 'nested too deep', undefined, /100/],
  ] as const)
    it(`${text.slice(0, 30)} cannot be read: ${problem}`, () => {
      const found = problemOf(text);
      expect([found.at, found.problem, found.value]).to.deep.equal([at, problem, value]);
      if (hint !== undefined) expect(found.hint).to.match(hint);
    });

  it('name no property that is not an axis', () => {
    for (const name of ['constructor', '__proto__', 'toString']) expect(problemOf(`${name} == 1`).problem).to.equal('no such axis');
  });

  it('never throw, whatever the text', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('replicas', 'policy', '==', '<', '&&', '||', '!', '(', ')', '[', ']', 'in', ',', "'a'", '4', '2m', ' ', '$', '"')),
        (parts) => {
          const condition = parseExpression(parts.join(''), AXES);
          if (typeof condition === 'function') expect(condition(CELL)).to.be.a('boolean');
          else expect(condition.at).to.be.within(0, parts.join('').length);
        },
      ),
      { seed: 5, numRuns: 2000 },
    ));
});
