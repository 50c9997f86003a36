/**
 * What a comparison document holds, as JSON Schema (draft-07): `evenkeel schema comparison`. Every key that one has is named here (a test
 * holds a real one against it, strictly); readers should let unknown ones pass, as later versions add some.
 */
import { BOOLEAN, byName, COUNT, DEFINITIONS, described, ESTIMATE, list, NUMBER, object, type Schema, TEXT } from './result-schema.ts';

const NULLABLE: Schema = { type: ['number', 'null'] };
const CELL: Schema = { type: 'integer', minimum: 0, description: 'Index into cells.' };
const CELL_OR_NONE: Schema = { type: ['integer', 'null'], minimum: 0 };
const INTERVAL: Schema = {
  description: 'Simultaneous with all others of the document, or the reason why there is none.',
  type: 'object',
  required: ['value'],
  properties: { value: NULLABLE, low: NUMBER, high: NUMBER, noInterval: TEXT },
};
const SCENARIO = object({ name: TEXT, description: TEXT, hash: TEXT, seed: TEXT, engine: TEXT });
const GOAL: Schema = { enum: ['less', 'more', 'none'], description: 'Which way is better.' };

const DIFFERENCE = object(
  {
    verdict: {
      enum: ['better', 'worse', 'higher', 'lower', 'no difference shown', 'cannot be told', 'not compared'],
      description: 'Read from the interval; durations of one that is shown to fail more are not compared when they are shorter, since refusals are fast.',
    },
    method: { enum: ['paired', 'welch'] },
    absolute: described(INTERVAL, 'Candidate − baseline, in the unit of the metric.'),
    relative: described(INTERVAL, 'Candidate ÷ baseline − 1.'),
    pValue: described(NULLABLE, 'Two-sided, by itself.'),
    pHolm: described(NULLABLE, 'Adjusted over all differences of the document.'),
    pPermutation: described(NULLABLE, 'By sign flips or relabelling, by itself.'),
    varianceRatio: described(NULLABLE, 'Variance unpaired ÷ paired: replications that pairing saves; below 1 it made it worse.'),
  },
  { notCompared: { enum: ['fails more', 'baseline fails more'] } },
);

const SELECTION = object(
  {
    metric: TEXT,
    goal: GOAL,
    procedure: { const: 'Kim-Nelson' },
    confidence: NUMBER,
    indifference: described(NULLABLE, 'In the unit of the metric.'),
    firstStage: COUNT,
    replications: COUNT,
    best: CELL_OR_NONE,
    survivors: list(CELL),
    excluded: list(CELL, 'Out of the race from the start: shown to fail more than another cell.'),
    eliminated: list(object({ cell: CELL, after: COUNT, by: CELL_OR_NONE, mean: NULLABLE })),
  },
  { undecided: TEXT },
);

export function comparisonJsonSchema(): Schema {
  const root = object(
    {
      apiVersion: { const: 'evenkeel.dev/v1alpha1' },
      kind: { const: 'Comparison' },
      scenario: SCENARIO,
      alpha: described(NUMBER, 'What the intervals of all differences miss together; each has level 1 − alpha/comparisons.'),
      comparisons: COUNT,
      cells: list(
        object(
          {
            id: CELL,
            label: TEXT,
            axes: byName({ type: ['string', 'number', 'boolean'] }),
            replications: COUNT,
            window: object({ from: COUNT, to: COUNT }),
            saturated: list(TEXT),
            baseline: described(CELL_OR_NONE, 'Cell that it is compared with; null for baselines.'),
            pairing: { oneOf: [object({ isPaired: BOOLEAN, why: TEXT }), { type: 'null' }] },
          },
          {
            scenario: SCENARIO,
            failsMore: described(
              object({ than: CELL, difference: INTERVAL }),
              'Shown to fail more than the cell that fails least, by this share of requests; the level alpha is shared by all pairs of cells.',
            ),
          },
        ),
      ),
      notApplicable: list(object({ name: TEXT, reason: TEXT })),
      metrics: list(
        object({
          metric: TEXT,
          unit: { enum: ['seconds', 'share', 'number', 'bytes'] },
          goal: GOAL,
          cells: list(
            object(
              { cell: CELL, estimate: ESTIMATE },
              { values: list({ type: ['number', 'string', 'null'] }, 'Of each replication by itself; "inf" = had not ended.'), difference: DIFFERENCE },
            ),
          ),
        }),
      ),
    },
    { selection: SELECTION },
  );
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'evenkeel Comparison', ...root, definitions: { estimate: DEFINITIONS.estimate } };
}
