/** Flags as the user wrote them → values; what is wrong becomes an issue that names the flag. */
import type { Issue } from '../errors.ts';
import type { FlagValues } from './commands.ts';

export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function listFlag(flags: FlagValues, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? value : [];
}

/** A whole number from `least` to `most`; undefined when not given or wrong, in which case an issue is added. */
export function countFlag(flags: FlagValues, name: string, most: number, issues: Issue[], least = 1): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  issues.push({ where: `--${name}`, problem: 'not a whole number in range', value: text, hint: `write ${least} to ${most}` });
  return undefined;
}
