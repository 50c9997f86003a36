/**
 * The minimum of a function of a few numbers, without derivatives: the simplex method of Nelder and Mead 1965, The Computer Journal 7(4),
 * started anew from its result until that gains nothing.
 */
const ROUNDS = 4;

/** @param start where to begin; the first simplex reaches `step` in each direction @returns the best point found and its value */
export function minimise(f: (point: readonly number[]) => number, start: readonly number[], step = 0.3): { point: readonly number[]; value: number } {
  let best = { point: start, value: finite(f(start)) };
  for (let round = 0; round < ROUNDS; round++) {
    const found = simplex(f, best.point, step / (1 + round));
    const gain = best.value - found.value;
    if (found.value < best.value) best = found;
    if (gain < 1e-9 * (1 + Math.abs(best.value))) break;
  }
  return best;
}

interface Vertex {
  readonly point: readonly number[];
  readonly value: number;
}

function simplex(f: (point: readonly number[]) => number, start: readonly number[], step: number): Vertex {
  const at = (point: readonly number[]): Vertex => ({ point, value: finite(f(point)) });
  const vertices = [at(start), ...start.map((_, i) => at(start.map((value, j) => (i === j ? value + step : value))))];
  const rank = () => vertices.sort((a, b) => a.value - b.value);
  rank();
  for (let evaluations = 0; evaluations < 200 * start.length; evaluations++) {
    const worst = vertices[vertices.length - 1];
    const spread = worst.value - vertices[0].value;
    if (spread < 1e-10 * (1 + Math.abs(vertices[0].value)) && widthOf(vertices) < 1e-6) break;
    const centre = start.map((_, j) => vertices.slice(0, -1).reduce((sum, { point }) => sum + point[j], 0) / start.length);
    const towards = (factor: number) => at(centre.map((value, j) => value + factor * (worst.point[j] - value)));
    const reflected = towards(-1);
    let next = reflected;
    if (reflected.value < vertices[0].value) {
      const expanded = towards(-2);
      if (expanded.value < reflected.value) next = expanded;
    } else if (reflected.value >= vertices[vertices.length - 2].value) {
      next = towards(reflected.value < worst.value ? -0.5 : 0.5);
      if (next.value >= Math.min(reflected.value, worst.value)) {
        const [best] = vertices;
        for (let i = 1; i < vertices.length; i++) vertices[i] = at(vertices[i].point.map((value, j) => (value + best.point[j]) / 2));
        rank();
        continue;
      }
    }
    vertices[vertices.length - 1] = next;
    rank();
  }
  return vertices[0];
}

function widthOf(vertices: readonly Vertex[]): number {
  const [best] = vertices;
  return Math.max(...vertices.flatMap(({ point }) => point.map((value, j) => Math.abs(value - best.point[j]))));
}

function finite(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}
