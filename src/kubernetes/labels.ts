/** Label selectors, as the API server and kubectl read them. */
import type { LabelSelector, Labels } from './objects.ts';

const NONE: Labels = {};

/** True when every pair of `selector` stands in `labels`. An empty selector matches everything; callers decide if that is meant. */
export function matchesLabels(selector: Labels, labels: Labels = NONE): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}

/** The same for selectors with expressions (In, NotIn, Exists, DoesNotExist); an unknown operator matches nothing. */
export function matchesSelector(selector: LabelSelector, labels: Labels = NONE): boolean {
  if (!matchesLabels(selector.matchLabels ?? NONE, labels)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const present = Object.hasOwn(labels, key);
    if (operator === 'In') return present && values.includes(labels[key]);
    if (operator === 'NotIn') return !present || !values.includes(labels[key]);
    if (operator === 'Exists') return present;
    return operator === 'DoesNotExist' && !present;
  });
}

/** True when a selector says nothing at all. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? NONE).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** Two label sets hold the same pairs. */
export function sameLabels(a: Labels = NONE, b: Labels = NONE): boolean {
  return a === b || (Object.keys(a).length === Object.keys(b).length && matchesLabels(a, b));
}
