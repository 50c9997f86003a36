/** What a scenario means, without running it. */
export type { Candidate, Forwarded, Hop, PlaneTable, Remembered, TableRow, TraceAnswer, TraceOutcome } from './answer.ts';
export { describeScenario, type ObjectTable } from './describe.ts';
export { type RequestDefaults, RequestLines, readHeaders, readMethod } from './request-lines.ts';
export { type TraceRequest, Tracer } from './trace.ts';
export type { WalkOptions } from './walk.ts';
