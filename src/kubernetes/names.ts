/** Names that controllers make up: deterministic, in the alphabet of the real ones. */
import type { Key } from '../random/stream.ts';
import { deriveKey, keyedBits } from '../random/stream.ts';
import type { PodTemplate } from './objects.ts';

/** No vowels and no look-alikes (k8s.io/apimachinery pkg/util/rand). */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Longest beginning of a generated name; the rest is cut off (k8s.io/apiserver pkg/storage/names). */
const LONGEST_BASE = 58;

/** `<base>-<five characters>`, as `generateName` makes it. */
export function generatedName(base: string, suffix: string): string {
  return `${base}-`.slice(0, LONGEST_BASE) + suffix;
}

/** Five characters that belong to (`parts`), e.g. the end of a pod's name. */
export function nameSuffix(key: Key, ...parts: readonly (string | number)[]): string {
  const { high, low } = deriveKey(key, ...parts);
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += SAFE_ALPHABET[(keyedBits(high, low, i) >>> 0) % SAFE_ALPHABET.length];
  return suffix;
}

/**
 * `pod-template-hash`: decimal digits of a 32-bit hash in the safe alphabet, as the Deployment controller writes it.
 * @param collisions how many names made this way were taken already
 */
export function templateHash(template: PodTemplate, collisions = 0): string {
  const { high, low } = deriveKey({ high: 0, low: collisions }, canonicalTemplate(template));
  return [...String((high ^ low) >>> 0)].map((digit) => SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length]).join('');
}

/** One text for equal templates; the label that the hash itself becomes does not count, nor an empty creationTimestamp. */
export function canonicalTemplate(template: PodTemplate): string {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return canonicalJson({ labels, annotations: template.metadata?.annotations ?? {}, spec: template.spec });
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = value as Record<string, unknown>;
  const keys = Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(fields[key])}`).join(',')}}`;
}
