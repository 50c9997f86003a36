/** What moves the answer's tightest figure most, one assumption changed at a time: bars from no change, largest first. */
import type { CapacityResult, SensitivityRow } from '../../experiments/capacity/capacity-result.ts';
import { type Drawing, table, type VegaLiteSpec } from '../chart.ts';
import { visible } from '../escape.ts';
import { formatShare } from '../format.ts';
import { chart, symbolLegend, values } from './parts.ts';

const LINE = 30;
const HOLDS = 'holds';
const BREAKS = 'breaks';

/** @returns nothing to draw where nothing was repeated */
export function sensitivityDrawing({ sensitivity, answer }: CapacityResult): Drawing | null {
  const drawn = sensitivity.filter(({ relative }) => relative !== null);
  if (drawn.length === 0) return null;
  const [largest] = drawn;
  const beyond = sensitivity.filter(({ relative }) => relative === null).map((row) => `${visible(row.what)} to ${row.change}: ${row.note ?? 'not finite'}`);
  const finding = `${upper(visible(largest.what))} moves it most: ${signed(largest.relative as number)} when changed to ${largest.change}, at ${answer}.`;
  return {
    subject: '',
    finding,
    notes: [
      'Rules are 95 % intervals. Changes that leave the traffic alone are compared pair by pair.',
      ...(beyond.length === 0 ? [] : [`Off the chart: ${beyond.join('; ')}.`]),
    ],
    spec: sensitivitySpec(drawn, finding),
    table: table(sensitivity, {
      changed: (row) => row.what,
      to: (row) => row.change,
      'moves it by#': (row) => (row.relative === null ? '-' : signed(row.relative)),
      '95 % interval#': (row) => (row.low === undefined || row.high === undefined ? '-' : `${signed(row.low)} to ${signed(row.high)}`),
      thresholds: (row) => (row.holds ? 'hold' : `broken${row.note === undefined ? '' : ` (${row.note})`}`),
    }),
  };
}

export function sensitivitySpec(rows: readonly SensitivityRow[], description: string): VegaLiteSpec {
  const shown = rows.map((row) => ({
    label: labelOf(row),
    moved: (row.relative as number) * 100,
    zero: 0,
    verdict: row.holds ? HOLDS : BREAKS,
    ...(row.low === undefined || row.high === undefined ? {} : { low: row.low * 100, high: row.high * 100 }),
  }));
  const verdicts = [HOLDS, BREAKS].filter((verdict) => shown.some((row) => row.verdict === verdict));
  const legend = { ...symbolLegend(verdicts, 'top'), columns: 1, values: verdicts }; // a column, whatever room the labels leave
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain: shown.map(({ label }) => label), padding: 0.35 },
    axis: { labelLimit: 170, labelExpr: "split(datum.label, ', ')", ticks: false, domain: false, labelPadding: 8 },
  };
  const x = (field: string) => ({ field, type: 'quantitative', title: 'change [%]', axis: { tickCount: 7 } });
  return chart(description, Math.max(80, shown.length * LINE * 1.25), [
    {
      data: values('bars', shown),
      mark: { type: 'bar' },
      encoding: {
        y,
        x: x('zero'),
        x2: { field: 'moved' },
        color: { field: 'verdict', type: 'nominal', scale: { domain: [HOLDS, BREAKS] }, legend },
        opacity: { condition: { test: `datum.verdict === '${HOLDS}'`, value: 0.65 }, value: 1 },
        tooltip: [
          { field: 'label', title: 'changed' },
          { field: 'moved', title: 'moves it by [%]', type: 'quantitative', format: '+.3~r' },
          { field: 'verdict', title: 'verdict' },
        ],
      },
    },
    {
      data: values(
        'intervals',
        shown.filter((row) => 'low' in row),
      ),
      mark: { type: 'rule', style: 'interval', strokeWidth: 2, aria: false },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    { data: values('none', [{ zero: 0 }]), mark: { type: 'rule', style: 'interval', aria: false }, encoding: { x: x('zero') } },
  ]);
}

/** `service law: cv 2, deployment/web`: one line of the axis for each part. */
function labelOf({ what, change }: SensitivityRow): string {
  const [thing, ...of] = visible(what).split(' of ');
  return [`${thing}: ${change}`, of.join(' of ')].filter((part) => part !== '').join(', ');
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${formatShare(Math.abs(share))}`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
