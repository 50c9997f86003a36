/**
 * The only file of Node that knows Vega: Vega-Lite specifications compiled, and drawn as SVG text.
 *
 * The same specification gives the same bytes: no canvas is asked for the width of text, ids are numbered per drawing.
 */
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { ModelError } from '../errors.ts';
import type { VegaLiteSpec } from './chart.ts';
import { config, type Palette } from './theme.ts';

/** A specification in Vega's own language, ready for `vega.parse`. */
export type VegaSpec = Readonly<Record<string, unknown>>;

/**
 * Vega's built-in guess (0.8 em a letter) leaves half of each axis empty, and its exact way needs a native canvas whose fonts
 * differ from machine to machine. So we measure by the widths of Helvetica, rounded up; the hook is Vega's own.
 */
const { textMetrics } = vega as unknown as { textMetrics: { width: (item: { fontSize?: number; limit?: number }, text: unknown) => number } };
textMetrics.width = (item, text) => {
  const width = textWidth(String(text ?? '')) * (item.fontSize ?? 11);
  return item.limit !== undefined && item.limit > 0 ? Math.min(width, item.limit) : width;
};

/** Compiles with the colours of `palette`. @throws ModelError when Vega-Lite warns: our specification is wrong */
export function compileSpec(spec: VegaLiteSpec, palette: Palette): VegaSpec {
  const warnings: string[] = [];
  const logger = {
    level: () => logger,
    error: (...message: unknown[]) => note(message),
    warn: (...message: unknown[]) => note(message),
    info: () => logger,
    debug: () => logger,
  };
  const note = (message: unknown[]) => {
    warnings.push(message.join(' '));
    return logger;
  };
  const compiled = compile(spec as never, { config: config(palette) as never, logger: logger as never }).spec;
  if (warnings.length > 0) throw new ModelError(`chart specification: ${warnings.join('; ')}`);
  return compiled as unknown as VegaSpec;
}

/**
 * Draws at the width of the specification.
 *
 * @param prefix set before every id in the drawing, so that several can stand in one page
 */
export async function drawSvg(spec: VegaSpec, prefix: string): Promise<string> {
  const view = new vega.View(vega.parse(spec as never), { renderer: 'none' });
  try {
    return numberIds(await view.toSVG(), prefix);
  } finally {
    view.finalize();
  }
}

/** Vega numbers clips and gradients over the life of the process; a drawing must not depend on what was drawn before. */
function numberIds(svg: string, prefix: string): string {
  const seen = new Map<string, string>();
  return svg.replace(/(\bid="|url\(#|href="#)((?:clip|gradient_)\w*)/g, (_match, before: string, id: string) => {
    if (!seen.has(id)) seen.set(id, `${prefix}-${seen.size}`);
    return before + seen.get(id);
  });
}

/** In em, rounded up a little: wide scripts count as full squares. */
function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/[iljtfIr.,:;|!'()[\]/\- ]/.test(letter)) width += 0.34;
    else if (/[mwMW@%]/.test(letter)) width += 0.92;
    else if (/[A-Z]/.test(letter)) width += 0.72;
    else width += letter < '\u1100' ? 0.58 : 1;
  }
  return width;
}
