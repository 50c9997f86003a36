/**
 * The ban of unportable arithmetic in the model and the statistics: `node scripts/check-portable.mjs`.
 *
 * ECMAScript leaves the last bits of most of `Math` to the engine, and sorting by locale to the machine; time and `Math.random` differ by
 * themselves. Where results are made, only what is exact everywhere is allowed: `src/random/portable-math.ts` has the rest.
 */
import { isTest, lineAt, readSources, report, stripped } from './sources.mjs';

const FOLDERS = ['engine', 'random', 'balancers', 'workload', 'pods', 'network', 'simulation', 'measurement', 'kubernetes', 'statistics'];

/** What ECMAScript fixes to the last bit. */
const EXACT = ['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'];
const CONSTANTS = ['E', 'LN2', 'LN10', 'LOG2E', 'LOG10E', 'PI', 'SQRT2', 'SQRT1_2'];

const BANNED = [
  {
    pattern: new RegExp(`\\bMath\\b(?!\\.(?:${[...EXACT, ...CONSTANTS].join('|')})\\b)(?:\\.\\w+)?`, 'g'),
    hint: 'use src/random/portable-math.ts, or a stream for chance',
  },
  { pattern: /\*\*=?/g, hint: 'use pow of src/random/portable-math.ts, or a product' },
  { pattern: /(?<!\.)\b(?:Date|performance|Intl)\b/g, hint: 'the model has its own clock and no locale' },
  { pattern: /\.(?:localeCompare|toLocale\w+)\b/g, hint: 'compare with < and >; the order of a locale differs between machines' },
];

/**
 * @param {{ path: string, text: string }[]} sources
 * @returns {string[]} one line per use
 */
export function portabilityIssues(sources) {
  return sources
    .filter(({ path }) => FOLDERS.includes(path.split('/')[0]) && !isTest(path))
    .flatMap(({ path, text }) => {
      const code = stripped(text);
      return BANNED.flatMap(({ pattern, hint }) =>
        [...code.matchAll(pattern)].map((match) => `src/${path}:${lineAt(code, match.index)}: uses "${match[0]}" (${hint})`),
      );
    });
}

if (import.meta.filename === process.argv[1]) report('portable arithmetic', portabilityIssues(readSources()));
