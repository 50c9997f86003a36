/** Numbers in, numbers out: estimates over replications and the laws behind their intervals. */
export { type Bounds, type Estimate, Estimator, NOT_NEGATIVE, type Sample, SHARE } from './estimate.ts';
export { erlangB, erlangC, mg1, mg1ProcessorSharing, mmc, mmcK, type StationFigures } from './queues.ts';
export { studentT } from './student-t.ts';
