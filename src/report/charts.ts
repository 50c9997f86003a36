/** The charts of a report, in the order of the page. */
import type { Result } from '../experiments/result.ts';
import type { Chart } from './chart.ts';
import { cellsComparison } from './specs/cells-comparison.ts';
import { errorsOverTime } from './specs/errors-over-time.ts';
import { latencyOverTime } from './specs/latency-over-time.ts';
import { latencyPercentiles } from './specs/latency-percentiles.ts';
import { littlesLaw } from './specs/littles-law.ts';
import { loadHeatmap } from './specs/load-heatmap.ts';
import { loadPerPod } from './specs/load-per-pod.ts';
import { replicasOverTime } from './specs/replicas-over-time.ts';
import { stickinessMap } from './specs/stickiness-map.ts';

export const charts: readonly Chart[] = [
  latencyPercentiles,
  loadPerPod,
  loadHeatmap,
  stickinessMap,
  latencyOverTime,
  errorsOverTime,
  replicasOverTime,
  cellsComparison,
  littlesLaw,
];

/** The order of a page: where there are several cells, their comparison comes first. */
export function chartsInOrder(result: Result): readonly Chart[] {
  return result.cells.length < 2 ? charts : [cellsComparison, ...charts.filter((chart) => chart !== cellsComparison)];
}
