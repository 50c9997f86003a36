/**
 * Where along a knob the thresholds begin to hold: bisection over points that are ordered from the hardest to the easiest.
 *
 *     hardest  ✗ ✗ ✗ ✗ ✗ │ ✓ ✓ ✓ ✓  easiest        looked at: the easiest, then halves, then the neighbour beyond the answer
 *
 * That a harder point fails when an easier one does is an assumption (topology hints come and go with the number of endpoints), so the
 * answer always has a neighbour that was seen to fail, and the next easier one is looked at too.
 */
import type { Decision } from '../threshold-decision.ts';

export interface Boundary {
  /** Index of the hardest point that holds while its harder neighbour fails; null when there is none, or it could not be told. */
  readonly answer: number | null;
  /** First and last index among which the answer lies when it could not be told. */
  readonly candidates: readonly [number, number] | null;
  /** Pairs (harder point that holds, easier point that fails). */
  readonly disorder: readonly (readonly [number, number])[];
  /** Every verdict, in the order in which points were looked at. */
  readonly verdicts: ReadonlyMap<number, Decision>;
}

/** The most verdicts that a search over so many points gives: what the error is split over. */
export function mostVerdicts(points: number): number {
  let halvings = 0;
  while (2 ** halvings < points) halvings++;
  return halvings + 3;
}

/**
 * @param points how many; at least one
 * @param look gives the verdict on a point; asked once for each
 */
export async function findBoundary(points: number, look: (index: number) => Promise<Decision>): Promise<Boundary> {
  const verdicts = new Map<number, Decision>();
  const ask = async (index: number): Promise<Decision> => {
    const verdict = verdicts.get(index) ?? (await look(index));
    verdicts.set(index, verdict);
    return verdict;
  };
  const decided = () => [...verdicts.values()].filter((verdict) => verdict !== 'open').length;
  const most = mostVerdicts(points);
  const done = (answer: number | null, candidates: Boundary['candidates']): Boundary => ({ answer, candidates, disorder: disorderOf(verdicts), verdicts });

  let fails = -1; // the easiest point known to fail, and the hardest known to hold
  let holds = points;
  const easiest = await ask(points - 1);
  if (easiest === 'fails') return done(null, null);
  if (easiest === 'holds') holds = points - 1;
  for (;;) {
    const next = nextPoint(fails, holds, verdicts);
    if (next === null || decided() >= most) break;
    const verdict = await ask(next);
    if (verdict === 'fails') fails = next;
    else if (verdict === 'holds') holds = next;
  }
  if (holds - fails > 1) return done(null, [fails + 1, Math.min(holds, points - 1)]);
  if (holds + 1 < points) await ask(holds + 1);
  return done(holds, null);
}

/** The middle of what is unknown; beside points that stay open, the middle of the larger part next to them. Null when none is left. */
function nextPoint(fails: number, holds: number, verdicts: ReadonlyMap<number, Decision>): number | null {
  const open = [...verdicts].flatMap(([index, verdict]) => (verdict === 'open' && index > fails && index < holds ? [index] : [])).sort((a, b) => a - b);
  if (open.length === 0) return holds - fails > 1 ? Math.floor((fails + holds) / 2) : null;
  const [first, last] = [open[0], open[open.length - 1]];
  const [below, above] = [first - fails, holds - last];
  if (Math.max(below, above) <= 1) return null;
  return below >= above ? Math.floor((fails + first) / 2) : Math.floor((last + holds + 1) / 2);
}

function disorderOf(verdicts: ReadonlyMap<number, Decision>): (readonly [number, number])[] {
  const held = [...verdicts].filter(([, verdict]) => verdict === 'holds').map(([index]) => index);
  const failed = [...verdicts].filter(([, verdict]) => verdict === 'fails').map(([index]) => index);
  return held.flatMap((easier) => failed.filter((index) => index > easier).map((index) => [easier, index] as const)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
