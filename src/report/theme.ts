/**
 * How charts look: one Vega-Lite config, with colours taken from a palette.
 *
 * Okabe-Ito for categories, viridis for amounts (both safe for colour-blind eyes, viridis also in grey). Every use of colour
 * has a second channel (dash, shape, label). On the page the colours are CSS variables, so that one drawing serves light,
 * dark and print; in a file of its own (SVG, PNG) they are the light ones.
 * Source: Okabe and Ito, Color Universal Design, 2008; van der Walt and Smith, viridis, 2015.
 */
import type { VegaLiteSpec } from './chart.ts';

export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly limit: string;
  readonly series: readonly string[];
}

export const LIGHT: Palette = {
  ink: '#1b2733',
  muted: '#52606d',
  grid: '#e3e8ee',
  background: '#ffffff',
  limit: '#8b1a62',
  series: ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9'],
};

/** The same hues, lifted for contrast on a dark ground. */
export const DARK: Palette = {
  ink: '#e8edf2',
  muted: '#a3b1bf',
  grid: '#2f3a46',
  background: '#161d25',
  limit: '#f59ad0',
  series: ['#4aa8e0', '#f08a4b', '#2fc79a', '#e0a0c4', '#f0b840', '#8fd0f5'],
};

/** Refers to the variables that `cssVariables` defines. */
export const BY_VARIABLE: Palette = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  grid: 'var(--grid)',
  background: 'transparent',
  limit: 'var(--limit)',
  series: LIGHT.series.map((_color, i) => `var(--series-${i + 1})`),
};

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/** Second channel of a series: dash pattern and point shape, in the order of `Palette.series`. */
export const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 4],
  [12, 4],
];
export const SHAPES: readonly string[] = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];
export const MOST_SERIES = 6;

/** The declarations of a palette, for a CSS rule. */
export function cssVariables(palette: Palette): string {
  const series = palette.series.map((color, i) => `--series-${i + 1}:${color}`).join(';');
  return `--ink:${palette.ink};--muted:${palette.muted};--grid:${palette.grid};--background:${palette.background};--limit:${palette.limit};${series}`;
}

/** The Vega-Lite config. Charts name the styles (`event`, `interval`, `limit` …) and hold no colours of their own. */
export function config(palette: Palette): VegaLiteSpec {
  return {
    background: palette.background,
    font: FONT,
    view: { stroke: palette.grid },
    range: { category: palette.series },
    mark: { color: palette.series[0] },
    text: { color: palette.ink, fontSize: 12 },
    axis: {
      labelColor: palette.muted,
      titleColor: palette.ink,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 600,
      titlePadding: 8,
      gridColor: palette.grid,
      domainColor: palette.muted,
      tickColor: palette.muted,
    },
    legend: {
      labelColor: palette.ink,
      titleColor: palette.ink,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 600,
      labelLimit: 300,
      symbolSize: 90,
      symbolBaseFillColor: palette.ink,
      symbolBaseStrokeColor: palette.ink,
      symbolStrokeWidth: 2,
    },
    title: { color: palette.ink, subtitleColor: palette.muted, fontSize: 15, subtitleFontSize: 12, anchor: 'start', offset: 12 },
    rule: { color: palette.ink },
    style: {
      event: { color: palette.ink, strokeWidth: 1.5, strokeDash: [3, 3] },
      'event-label': { color: palette.ink, fontSize: 12, fontWeight: 600 },
      interval: { color: palette.ink, strokeWidth: 1.5 },
      limit: { color: palette.limit, strokeWidth: 1.5, strokeDash: [6, 4] },
      'limit-label': { color: palette.limit, fontSize: 12, fontWeight: 600 },
      failed: { color: palette.series[1] },
      note: { color: palette.muted, fontSize: 12 },
    },
  };
}
