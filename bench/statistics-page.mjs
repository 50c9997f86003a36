/** The rows of the suite `statistics` as the page docs/statistics.md. */

/** @param {{ date: string, machine: { node: string }, experiments: number }} made */
export function statisticsPage(rows, { date, machine, experiments }) {
  const number = (value) => (value === undefined ? '' : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const lines = rows.map(({ measure, value, low, high, unit, wanted, verdict, detail }) => {
    const interval = low === undefined ? '' : ` [${number(low)}, ${number(high)}]`;
    const mark = verdict === 'ok' ? ' ✓' : verdict === 'FAIL' ? ' ✗' : '';
    return `| ${measure} | ${unit === '×' ? '×' : ''}${number(value)}${unit === '%' ? ' %' : ''}${interval} | ${wanted}${mark} | ${detail ?? ''} |`;
  });
  return `# Do the intervals hold?

Made by \`npm run bench -- statistics\` on ${date.slice(0, 10)} (Node ${machine.node.replace('v', '')}, ${experiments} experiments); do not edit. Every figure comes from the
product itself: studies, sessions, merging, stopping rules, elimination. The shares carry exact binomial 95 % intervals.

| claim | measured | wanted | how |
|---|--:|---|---|
${lines.join('\n')}

## What is done, and from where

- **A figure of one cell.** The point is the functional of the merged histogram; the interval is sectioning over replications (Student's t about
  that point), for means plain t. A quantile has an interval only where each replication holds 200 observations above it.
  Asmussen and Glynn, *Stochastic Simulation* (2007), III.5a.
- **A difference of two cells.** Paired replication by replication where both met the same traffic (equal \`trafficHash\`), by Welch otherwise, and it
  is said which. The relative difference has Fieller's interval from the same moments, so that one verdict fits both. With m differences each
  interval has level 1 − α/m (Bonferroni), and the verdict is read from the interval. Law, *Simulation Modeling and Analysis* (2015), 10.2; Fieller 1954.
- **What pairing gains** is printed as the variance of the difference of independent runs over that of paired ones: how many times fewer replications
  are needed. It depends on how much of the difference the policy itself decides: at half load, where requests seldom wait, nearly all chance is
  in the traffic; near saturation each policy makes queues of its own, and pairing gains little.
- **Sequential stopping** looks at complete prefixes of replications only (10, 15, 22, …), never at who finished first.
- **The best of several** is found by the fully sequential procedure of Kim and Nelson (2001, ACM TOMACS 11(3)) under common random numbers:
  first stage of 10, an indifference zone, and one replication more of each survivor at a time. The best is chosen with the stated probability
  when it leads by the zone; when others lie within it, one of those may be.
`;
}
