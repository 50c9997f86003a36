/** JSON with sorted keys, so that the same data are the same bytes; and typed arrays that survive the way through a file. */

/**
 * @param indent spaces per level; 0 = one line
 * Numbers print as ECMAScript prints them: the shortest text that reads back as the same float, the same everywhere.
 */
export function stableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, sortKeys, indent);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === Infinity) return 'inf'; // as in estimates; JSON itself would say null
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array); // millions of keys are not to be sorted
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ARRAY_TYPES = { Uint32Array, Float64Array } as const;
type ArrayType = keyof typeof ARRAY_TYPES;

interface EncodedArray {
  readonly array: ArrayType;
  readonly length: number;
  /** Runs of non-zero values: start, then the values. Most of a series is zeros. */
  readonly runs: readonly (readonly number[])[];
}

/** Typed arrays become `{ array, length, runs }`; `decodeArrays` undoes it. */
export function encodeArrays(value: unknown): unknown {
  if (value instanceof Uint32Array || value instanceof Float64Array) return encodeArray(value);
  if (Array.isArray(value)) return value.map(encodeArrays);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encodeArrays(item)]));
}

function encodeArray(values: Uint32Array | Float64Array): EncodedArray {
  const runs: number[][] = [];
  let isInRun = false;
  values.forEach((value, at) => {
    if (value !== 0 && !isInRun) runs.push([at]);
    if (value !== 0) runs[runs.length - 1].push(value);
    isInRun = value !== 0;
  });
  return { array: values instanceof Uint32Array ? 'Uint32Array' : 'Float64Array', length: values.length, runs };
}

export function decodeArrays(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeArrays);
  if (value === null || typeof value !== 'object') return value;
  if (isEncodedArray(value)) return decodeArray(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodeArrays(item)]));
}

function isEncodedArray(value: object): value is EncodedArray {
  return 'array' in value && 'runs' in value && typeof value.array === 'string' && value.array in ARRAY_TYPES;
}

function decodeArray(encoded: EncodedArray): Uint32Array | Float64Array {
  const values = new ARRAY_TYPES[encoded.array](encoded.length);
  for (const [start, ...rest] of encoded.runs) values.set(rest, start);
  return values;
}
