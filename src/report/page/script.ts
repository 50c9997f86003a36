/**
 * Runs in the reader's browser: replaces each drawn chart by an interactive one of the window's width.
 *
 * Expressions go through vega-interpreter, since the page forbids evaluation of text. A chart that fails stays as it was drawn.
 * Colours come from the style sheet, so a change between light and dark needs nothing here.
 */
import { parse, type Spec, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';

const specs: readonly Spec[] = JSON.parse(document.getElementById('evenkeel-charts')?.textContent ?? '[]');
const tip = document.createElement('div');
tip.id = 'tip';
tip.hidden = true;
document.body.append(tip);

for (const place of document.querySelectorAll<HTMLElement>('[data-chart]')) await draw(place, specs[Number(place.dataset.chart)]);
document.documentElement.dataset.charts = 'drawn';

async function draw(place: HTMLElement, spec: Spec): Promise<void> {
  const drawn = document.createElement('div');
  const view = new View(parse(spec, undefined, { ast: true } as never), {
    expr: expressionInterpreter,
    renderer: 'svg',
    hover: true,
    tooltip: showTip,
  } as never);
  try {
    await view.width(place.clientWidth).initialize(drawn).runAsync();
  } catch (error) {
    view.finalize();
    console.error(error);
    return;
  }
  place.replaceChildren(drawn);
  new ResizeObserver(() => {
    if (place.clientWidth > 0 && place.clientWidth !== view.width()) void view.width(place.clientWidth).runAsync();
  }).observe(place);
}

/** Names and values as text, never as markup: they come from the user's files. */
function showTip(_handler: unknown, event: MouseEvent, _item: unknown, value: unknown): void {
  tip.hidden = value === null || value === undefined || value === '';
  if (tip.hidden) return;
  const lines = typeof value === 'object' ? Object.entries(value as Record<string, unknown>) : [['', value] as const];
  tip.replaceChildren(
    ...lines.map(([name, text]) => {
      const line = document.createElement('div');
      const label = document.createElement('b');
      label.textContent = name;
      line.append(label, String(text));
      return line;
    }),
  );
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
}
