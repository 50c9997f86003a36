/** What a scenario means, without running it. */
export { describeScenario, type ObjectTable } from './describe.ts';
