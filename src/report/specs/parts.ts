/**
 * What several charts share: the frame of a specification, the time axis with the timeline's events, lines over time.
 */
import type { SeriesResult } from '../../experiments/result.ts';
import type { VegaLiteSpec } from '../chart.ts';
import { visible } from '../escape.ts';
import { timeUnit, type Unit } from '../format.ts';
import { DASHES, SHAPES } from '../theme.ts';

/** Drawn width [px] where nothing says otherwise; on the page the script fits it to the column. */
const WIDTH = 860;
/** Events that get a label of their own; further ones are only ruled. */
const MOST_EVENT_LABELS = 6;
const EVENT_LINE = 16;

/** The frame of every chart: width includes axes and legends, so that a drawing fits its column. */
export function chart(description: string, height: number, layer: readonly VegaLiteSpec[], more: VegaLiteSpec = {}): VegaLiteSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: visible(description),
    width: WIDTH,
    height,
    autosize: { type: 'fit-x', contains: 'padding' },
    ...more,
    layer,
  };
}

/** Rows given inline. The name lets the page and the tests find them. */
export function values(name: string, rows: readonly unknown[]): VegaLiteSpec {
  return { name, values: rows };
}

/**
 * A legend of names: side by side where they fit, else one below the other.
 * @param beside pixels that labels may take from the plot: its width is first that of the window, and a legend that changes its mind when
 *   the labels have come is cut off
 */
export function symbolLegend(names: readonly string[], orient: 'top' | 'bottom', beside = 0) {
  const room = names.reduce((width, name) => width + 7 * name.length + 40, beside);
  return { title: null, orient, direction: 'horizontal', columns: { expr: `width < ${room} ? 1 : 0` } };
}

/** A legend for an amount, below the plot and never wider than it. */
export function amountLegend() {
  return { orient: 'bottom', direction: 'horizontal', gradientLength: { expr: 'min(260, width)' }, gradientThickness: 10, titleLimit: 300, tickCount: 5 };
}

/** Colour, and dash or shape as its second channel, in the order of `domain`. Legends stand at the bottom where events are labelled at the top. */
export function seriesScales(domain: readonly string[], orient: 'top' | 'bottom') {
  const legend = { ...symbolLegend(domain, orient), symbolSize: orient === 'top' ? 90 : 400, symbolStrokeWidth: 2.5 };
  return {
    color: { legend, scale: { domain } },
    strokeDash: { legend, scale: { domain, range: domain.map((_, i) => DASHES[i % DASHES.length]) } },
    shape: { legend, scale: { domain, range: domain.map((_, i) => SHAPES[i % SHAPES.length]) } },
  };
}

export interface TimeAxis {
  readonly unit: Unit;
  readonly from: number;
  readonly to: number;
}

/** Axis of simulated time over a series of `count` steps. */
export function timeAxis({ from, to }: SeriesResult): TimeAxis {
  return { unit: timeUnit(to), from, to };
}

/** The `x` channel for a field that is already in the unit of `axis`. */
export function timeChannel(axis: TimeAxis, field: string): VegaLiteSpec {
  return {
    field,
    type: 'quantitative',
    title: `simulated time [${axis.unit.name}]`,
    scale: { domain: [axis.from * axis.unit.perSecond, axis.to * axis.unit.perSecond], nice: false },
    axis: { grid: false, tickCount: 10, labelFlush: true },
  };
}

/** The timeline's events as rules over the plot and labels above it, one line each so that none covers another. */
export function eventLayers(series: SeriesResult, axis: TimeAxis): VegaLiteSpec[] {
  const within = series.events.filter((event) => event.at >= axis.from && event.at <= axis.to);
  if (within.length === 0) return [];
  const middle = (axis.from + axis.to) / 2;
  const labelled = within.slice(0, MOST_EVENT_LABELS);
  // Labels of early events run to the right, of late ones to the left; the outermost stands highest, and a late one ends at the rule of the last early one.
  const [early, late] = [labelled.filter((event) => event.at < middle), labelled.filter((event) => event.at >= middle).reverse()];
  const lift = new Map([...early, ...late].map((event, i) => [event, -8 - EVENT_LINE * (labelled.length - 1 - i)]));
  const span = axis.to - axis.from;
  const lastEarly = early[early.length - 1]?.at ?? axis.from;
  const row = (event: SeriesResult['events'][number]) => ({
    at: event.at * axis.unit.perSecond,
    label: visible(event.label),
    lift: lift.get(event) ?? 0,
    room: (event.at < middle ? axis.to - event.at : event.at - lastEarly) / span,
  });
  const x = timeChannel(axis, 'at');
  const y = { field: 'lift', type: 'quantitative', scale: null, axis: null };
  const label = (name: string, align: 'left' | 'right', events: SeriesResult['events']): VegaLiteSpec => ({
    data: values(name, events.map(row)),
    mark: {
      type: 'text',
      style: 'event-label',
      align,
      dx: align === 'left' ? 4 : -4,
      limit: { expr: 'datum.room * width - 8' },
      opacity: { expr: 'datum.room * width < 60 ? 0 : 1' },
      aria: false,
    },
    encoding: { x, y, text: { field: 'label' } },
  });
  return [
    {
      data: values('events', within.map(row)),
      mark: { type: 'rule', style: 'event', aria: false },
      encoding: { x, y, y2: { value: 'height' }, tooltip: { field: 'label', title: 'event' } },
    },
    ...(early.length > 0 ? [label('events-early', 'left', early)] : []),
    ...(late.length > 0 ? [label('events-late', 'right', late)] : []),
  ];
}

/** A sentence that lists the events with their times, for the notes under a chart. */
export function eventNotes(series: SeriesResult): string[] {
  if (series.events.length === 0) return [];
  const { name, perSecond } = timeUnit(series.events[series.events.length - 1].at);
  return [`Events: ${series.events.map((event) => `${visible(event.label)} at ${Number((event.at * perSecond).toFixed(2))} ${name}`).join('; ')}.`];
}

/** Why there is nothing to draw over time. */
export const NO_SERIES = 'This result holds no series over time. Run again with --series 10s to have them.';
