/**
 * The kernel and the model through the same flows.
 *
 * Of each flow the model says first what it would do: one endpoint for certain, a law, or a refusal. The kernel's choice must be among
 * that, and where the model is certain it must be that. The choices of flows under a law are tested against the law together.
 */
import { seenBy } from './model.mjs';
import { chiSquare, countOf, groupBy } from './statistics.mjs';

/**
 * @param sources `[address, port]` each @param options see `Agent.connectAll`
 * @returns {Promise<Flow[]>} in the order of the sources
 * @typedef {{ address: string, seen: string, begun: number, ended: number, law: object, isCertain: boolean, problem: string }} Flow
 */
export async function follow(agent, model, sources, target, options) {
  const results = await agent.connectAll(sources, target, options);
  return results.map((result, i) => followOne(model, sources[i][0], result));
}

function followOne(model, address, result) {
  const seen = seenBy(result);
  const law = model.law(address, result.begun);
  const isCertain = law.refusal !== '' || law.probabilities.size === 1;
  const isPossible = law.refusal === '' ? law.probabilities.has(seen) : law.refusal === seen;
  const flow = { ...result, address, seen, law, isCertain, problem: '' };
  if (!isPossible) return { ...flow, problem: `${address} went to ${seen}, by the model to ${law.refusal || [...law.probabilities.keys()].join(' or ')}` };
  const chosen = model.follow(address, result.begun, seen);
  return chosen === seen ? flow : { ...flow, problem: `${address} went to ${seen}, the model chose ${chosen}` };
}

/**
 * What is wrong between kernel and model in these flows, in one line; '' when nothing is.
 * Flows under a law are taken together by their law, so that the chi-square test knows what to expect.
 */
export function disagreement(flows) {
  const problems = flows.filter(({ problem }) => problem !== '');
  if (problems.length > 0) return `${problems.length} of ${flows.length} flows: ${problems[0].problem}`;
  const byLaw = groupBy(
    flows.filter(({ isCertain }) => !isCertain),
    ({ law }) => [...law.probabilities.keys()].join(),
  );
  for (const drawn of byLaw.values()) {
    const { probabilities } = drawn[0].law;
    if (drawn.length < 5 * probabilities.size) continue; // too few for the test to mean anything
    const test = chiSquare(countOf(drawn.map(({ seen }) => seen)), probabilities);
    if (!test.agrees) return `chi-square ${test.statistic.toFixed(1)} of ${drawn.length} draws (limit ${test.limit.toFixed(1)})`;
  }
  return '';
}

/** How many of the flows went to the endpoint that the client had before. @param before Map of address to endpoint */
export const keptOf = (flows, before) => flows.filter(({ address, seen }) => before.get(address) === seen).length;

export const choices = (flows) => new Map(flows.map(({ address, seen }) => [address, seen]));
