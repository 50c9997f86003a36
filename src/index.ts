/**
 * The library's table of contents.
 *
 * files ─ loadStudy ─► Study ─ planStudy ─► Plan ─ runStudy ─► Result ─ renderHtml ─► page
 */
export { ExperimentError, formatIssue, type Issue, ModelError, ScenarioError } from './errors.ts';
export { InterruptedError } from './experiments/execute.ts';
export { type Plan, type PlannedCell, planCell, planStudy } from './experiments/plan.ts';
export type * from './experiments/result.ts';
export { readResult, resultJson } from './experiments/result-json.ts';
export { type Progress, type RunOptions, runStudy, type StudyRun } from './experiments/run.ts';
export { Session, type SessionOptions, type SessionProgress, withSession } from './experiments/session.ts';
export { InconclusiveError } from './experiments/settle-warmup.ts';
export { describeScenario } from './explain/index.ts';
export { charts, renderHtml, renderPng, renderSvg } from './report/index.ts';
export { type LoadOptions, loadStudy, type QuickFlags, type Scenario, type Study, scenarioJsonSchema } from './scenario/index.ts';
