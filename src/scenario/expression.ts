/**
 * Expressions over the axes of a sweep, for `sweep.exclude`: `replicas == 4 && maxConnectionAge == '2m'`.
 *
 *     or     = and { "||" and }
 *     and    = not { "&&" not }
 *     not    = "!" not | "(" or ")" | side [ ("==" | "!=" | "<" | "<=" | ">" | ">=") side | "in" "[" side { "," side } "]" ]
 *     side   = axis | number | quantity such as 2m or 100/s | 'text' | "text" | true | false
 *
 * Read by hand, never evaluated as a program. Two values are compared as numbers when both are numbers, or quantities of one kind
 * (`'120s' == '2m'`); otherwise as text, and then only for being equal.
 */
import { isUnitProblem, parseDuration, parseRate, parseShare, parseSize, type UnitProblem } from '../units.ts';
import { nearest } from './report.ts';

export type AxisValue = string | number | boolean;
/** True or false for the labels of one combination. */
export type Condition = (axes: Readonly<Record<string, AxisValue>>) => boolean;

/** What is wrong, at which character (from 0) of the text. */
export interface ExpressionProblem {
  readonly at: number;
  readonly problem: string;
  readonly value?: string;
  readonly hint?: string;
}

/**
 * @param axes every name that may stand in the expression, with its values
 * @returns what is wrong when it is no expression, names an unknown axis, or orders what has no order
 */
export function parseExpression(text: string, axes: ReadonlyMap<string, readonly AxisValue[]>): Condition | ExpressionProblem {
  try {
    const parser = new Parser(tokenize(text), axes, text.length);
    const condition = parser.or();
    parser.end();
    return condition;
  } catch (error) {
    if (error instanceof Wrong) return error.problem;
    throw error;
  }
}

class Wrong extends Error {
  readonly problem: ExpressionProblem;
  constructor(problem: ExpressionProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

interface Token {
  readonly kind: 'name' | 'value' | 'sign';
  readonly text: string;
  readonly value: AxisValue;
  readonly at: number;
}

const TOKEN = /\s*(?:'([^']*)'|"([^"]*)"|(-?\d+(?:\.\d+)?)((?:[a-zA-Zµ/%][\w/%.]*)?)|([A-Za-z_][\w.-]*)|(&&|\|\||==|!=|<=|>=|[!<>()[\],]))/gy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
      const hint = /["']/.test(text[at]) ? 'the quote is not closed' : "write e.g. replicas == 4 && rate == '100/s'";
      throw new Wrong({ at, problem: 'cannot be read', value: text.slice(at, at + 20), hint });
    }
    const [whole, single, double, digits, unit, name, sign] = match;
    const at = from + whole.length - whole.trimStart().length;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, value: sign, at });
    else if (name === 'true' || name === 'false') tokens.push({ kind: 'value', text: name, value: name === 'true', at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, value: name, at });
    else if (digits !== undefined) tokens.push({ kind: 'value', text: digits + unit, value: unit === '' ? Number(digits) : digits + unit, at });
    else tokens.push({ kind: 'value', text: single ?? double, value: single ?? double, at });
  }
  return tokens;
}

type Side = { readonly at: number; readonly of: (axes: Readonly<Record<string, AxisValue>>) => AxisValue; readonly values: readonly AxisValue[] };

class Parser {
  private readonly tokens: readonly Token[];
  private readonly axes: ReadonlyMap<string, readonly AxisValue[]>;
  private readonly length: number;
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[], axes: ReadonlyMap<string, readonly AxisValue[]>, length: number) {
    this.tokens = tokens;
    this.axes = axes;
    this.length = length;
  }

  or(): Condition {
    let left = this.and();
    while (this.takes('||')) {
      const [first, second] = [left, this.and()];
      left = (axes) => first(axes) || second(axes);
    }
    return left;
  }

  end(): void {
    const token = this.tokens[this.next];
    if (token !== undefined) throw new Wrong({ at: token.at, problem: 'not expected here', value: token.text, hint: 'join conditions with && or ||' });
  }

  private and(): Condition {
    let left = this.not();
    while (this.takes('&&')) {
      const [first, second] = [left, this.not()];
      left = (axes) => first(axes) && second(axes);
    }
    return left;
  }

  private not(): Condition {
    if (++this.depth > 100) throw new Wrong({ at: this.tokens[this.next]?.at ?? this.length, problem: 'nested too deep', hint: 'at most 100 levels' });
    try {
      if (this.takes('!')) {
        const inner = this.not();
        return (axes) => !inner(axes);
      }
      if (this.takes('(')) {
        const inner = this.or();
        this.expect(')');
        return inner;
      }
      return this.comparison();
    } finally {
      this.depth--;
    }
  }

  private comparison(): Condition {
    const left = this.side();
    const operator = this.tokens[this.next];
    if (operator?.kind === 'name' && operator.text === 'in') return this.membership(left);
    const compare = operator?.kind === 'sign' ? COMPARISONS.get(operator.text) : undefined;
    if (compare === undefined) {
      if (left.values.every((value) => typeof value === 'boolean')) return (axes) => left.of(axes) === true;
      throw new Wrong({ at: operator?.at ?? this.length, problem: 'a comparison is expected', value: operator?.text, hint: '==, !=, <, <=, >, >= or in […]' });
    }
    this.next++;
    const right = this.side();
    if (!isEquality(operator.text)) refuseUnordered(left, right);
    return (axes) => compare(left.of(axes), right.of(axes));
  }

  private membership(left: Side): Condition {
    this.next++;
    this.expect('[');
    const members = [this.side()];
    while (this.takes(',')) members.push(this.side());
    this.expect(']');
    return (axes) => members.some((member) => isEqual(left.of(axes), member.of(axes)));
  }

  private side(): Side {
    const token = this.tokens[this.next];
    if (token === undefined || token.kind === 'sign')
      throw new Wrong({ at: token?.at ?? this.length, problem: 'an axis or a value is expected', value: token?.text, hint: `axes: ${this.names()}` });
    this.next++;
    if (token.kind === 'value') return { at: token.at, of: () => token.value, values: [token.value] };
    const values = this.axes.get(token.text);
    if (values === undefined) {
      const close = nearest(token.text, [...this.axes.keys()]);
      const hint = close.length > 0 ? `did you mean ${close.join(' or ')}?` : `axes: ${this.names()}; text is written in quotes`;
      throw new Wrong({ at: token.at, problem: 'no such axis', value: token.text, hint });
    }
    return { at: token.at, of: (axes) => axes[token.text], values };
  }

  private names(): string {
    return [...this.axes.keys()].join(', ') || 'none';
  }

  private takes(sign: string): boolean {
    const token = this.tokens[this.next];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.next++;
    return true;
  }

  private expect(sign: string): void {
    const token = this.tokens[this.next];
    if (!this.takes(sign)) throw new Wrong({ at: token?.at ?? this.length, problem: `${sign} is expected`, value: token?.text });
  }
}

function isEquality(operator: string): boolean {
  return operator === '==' || operator === '!=';
}

const COMPARISONS: ReadonlyMap<string, (left: AxisValue, right: AxisValue) => boolean> = new Map([
  ['==', isEqual],
  ['!=', (left, right) => !isEqual(left, right)],
  ['<', (left, right) => difference(left, right) < 0],
  ['<=', (left, right) => difference(left, right) <= 0],
  ['>', (left, right) => difference(left, right) > 0],
  ['>=', (left, right) => difference(left, right) >= 0],
]);

function isEqual(left: AxisValue, right: AxisValue): boolean {
  return left === right || String(left) === String(right) || difference(left, right) === 0;
}

const READERS: readonly ((text: unknown) => number | UnitProblem)[] = [parseDuration, parseRate, parseShare, parseSize];

/** Left − right, of numbers or of quantities of one kind; NaN where there is no order. */
function difference(left: AxisValue, right: AxisValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  for (const read of READERS) {
    const [a, b] = [read(left), read(right)];
    if (!isUnitProblem(a) && !isUnitProblem(b)) return a - b;
  }
  return Number.NaN;
}

/** Every value that may stand on the left must have an order with every value that may stand on the right. */
function refuseUnordered(left: Side, right: Side): void {
  for (const a of left.values)
    for (const b of right.values)
      if (Number.isNaN(difference(a, b)))
        throw new Wrong({ at: right.at, problem: `no order between ${String(a)} and ${String(b)}`, hint: 'compare numbers, or quantities of one kind' });
}
