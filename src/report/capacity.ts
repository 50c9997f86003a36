/** What a capacity plan says, in sentences that the terminal and the page share. */
import type { CapacityResult } from '../experiments/capacity/capacity-result.ts';
import { formatNumber, formatShare, plural } from './format.ts';

export interface Answer {
  readonly headline: string;
  readonly details: readonly string[];
}

export function answerSentence(result: CapacityResult): Answer {
  const { outcome, answer, candidates, knob, disorder, points } = result;
  const beyond = disorder.map(
    ({ holds, fails }) => `Not monotone: ${fails} fails although ${holds} holds. Look at the values around the answer before you trust it.`,
  );
  switch (outcome) {
    case 'found':
      return { headline: `${answer}`, details: [neighbours(result), ...beyond] };
    case 'end':
      return {
        headline: `${answer}`,
        details: [`It is the end of the range: everything from there holds as far as it was looked at. Widen the range to find where it breaks.`, ...beyond],
      };
    case 'none': {
      const easiest = knob.ask === 'smallest' ? knob.to : knob.from;
      const open = points.filter(({ decision }) => decision === 'holds').length;
      return {
        headline: 'none',
        details: [`Even ${easiest} fails${open === 0 ? '' : ', though others hold'}: no value of the range holds every threshold.`, ...beyond],
      };
    }
    case 'undecided':
      return {
        headline: `undecided: ${candidates.length === 1 ? candidates[0] : `between ${candidates[0]} and ${candidates[candidates.length - 1]}`}`,
        details: [
          `The budget of ${plural(result.statistics.budget, 'replication')} a value did not decide ${candidates.length === 1 ? 'it' : `${candidates.length} candidates`}: raise --budget, or simulate longer.`,
          ...beyond,
        ],
      };
  }
}

function neighbours({ answer, points, knob }: CapacityResult): string {
  const at = points.findIndex(({ value }) => value === answer);
  const [harder, easier] = knob.ask === 'smallest' ? [points[at - 1], points[at + 1]] : [points[at + 1], points[at - 1]];
  const verdict =
    easier === undefined ? '' : easier.decision === 'holds' ? `, ${easier.value} holds too` : easier.decision === 'open' ? `, ${easier.value} stays open` : '';
  return `${harder?.value} fails, ${answer} holds${verdict}.`;
}

/** The analytic bound beside the answer. */
export function theorySentence({ analytic, knob }: CapacityResult): string {
  if (analytic.value === null) return `rules out every value (${analytic.why})`;
  return `${knob.ask === 'smallest' ? 'at least' : 'at most'} ${analytic.value} (${analytic.why})`;
}

export function errorSentence({ statistics, points, knob }: CapacityResult): string {
  const { alpha, verdicts, looks, budget, replications } = statistics;
  return `any verdict wrong with at most ${formatShare(alpha)}, split over ${verdicts} verdicts and ${looks} looks (10 to ${formatNumber(budget)} replications); ${points.length} of ${plural(knob.values, 'value')} looked at, ${plural(replications, 'replication')}`;
}
