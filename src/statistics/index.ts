/** Numbers in, numbers out: estimates over replications, comparisons of them, and the laws behind their intervals. */
export { normalQuantile } from '../random/portable-math.ts';
export { type CompareOptions, compareFigures, type Difference, type Interval, type SampledFigure, type SummarizedFigure } from './comparison.ts';
export { type Bounds, type Estimate, Estimator, NOT_NEGATIVE, type Sample, SHARE } from './estimate.ts';
export { betaQuantile, regularizedBeta } from './incomplete-beta.ts';
export { type Elimination, KimNelson, LEAST_FIRST_STAGE, type SelectionOptions } from './kim-nelson.ts';
export { holm } from './multiplicity.ts';
export { binomialInterval } from './proportion.ts';
export { erlangB, erlangC, mg1, mg1ProcessorSharing, mmc, mmcK, mmcSojournQuantile, mmcWaitQuantile, type StationFigures } from './queues.ts';
export { replicationsNeeded, type SampleSizeOptions } from './sample-size.ts';
export { decisionPoints, type Precision, precisionOf } from './sequential-stopping.ts';
export { studentT, studentTQuantile, studentTTail } from './student-t.ts';
export { mser5, type Truncation } from './warm-up.ts';
