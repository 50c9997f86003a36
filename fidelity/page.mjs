/** docs/fidelity.md: the rows of the suite, and below them what the models simplify. */
import { release } from 'node:os';
import { readSources } from '../scripts/sources.mjs';
import { vectorRows } from './vectors.mjs';

const HEAD = `# Fidelity

Written by \`npm run fidelity\`, which also checks it: each row is a rule of a real system, run beside its model.

The suite makes four network namespaces (a node, its pods, pods of another subnet, clients outside) and removes them again, writes the rules that
kube-proxy would write for a Service, opens real TCP and UDP connections, and lets the model live through the same flows at the same times.
Where the model draws, it is given what the kernel drew; everything else is its own, so each flow is a question with one answer.
Draws are held against the model's law by chi-square tests at level 0.001; a rule that disagrees is run again with new flows, and counts if it does so twice.
What a machine cannot run is skipped with the reason, never passed. Without root it runs where user namespaces are permitted.

`;

const NOTES = '## What is simplified\n';

/** @param rows of the suite @returns the page */
export function page(rows) {
  return withNotes(`${HEAD}${systems(rows)}\n${table(rows)}\n${vectors()}\n${NOTES}`);
}

/** The page with what the sources say today. */
export function withNotes(text) {
  return `${text.slice(0, text.indexOf(NOTES))}${NOTES}\nEvery note in the sources that begins with \`Simplified:\`.\n\n${simplifications()}`;
}

function systems(rows) {
  const versions = new Map(rows.map(({ system, version }) => [system, version]));
  const kernel = /^[\d.]+/.exec(release())?.[0];
  const lines = [...versions].map(([system, version]) => `| ${system} | ${version} |`);
  return `| system | run with |\n|---|---|\n${lines.join('\n')}\n\nLinux ${kernel}.\n`;
}

function table(rows) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const lines = rows.map(({ system, rule, real, model, verdict, detail }) => {
    const verdictText = verdict === 'skipped' ? `skipped: ${detail}` : verdict;
    return `| ${[system, rule, real, model, verdictText].map(cell).join(' | ')} |`;
  });
  return `| system | rule | real | model | verdict |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function vectors() {
  const lines = vectorRows().map(({ system, rule, expected, model, verdict }) => `| ${system} | ${rule} | ${expected} | ${model} | ${verdict} |`);
  return `## Checked against vectors only

ipvs is not in every kernel, so no real system takes part here: the sequences were worked out from the sources of Linux 6.12. The tests of the
balancers hold more of them.

| system | rule | vector | model | verdict |
|---|---|---|---|---|
${lines.join('\n')}
`;
}

/** File by file, in order of path. */
function simplifications() {
  const files = readSources()
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .map(({ path, text }) => ({ path, notes: notesOf(text) }))
    .filter(({ notes }) => notes.length > 0);
  return `${files.map(({ path, notes }) => `**src/${path}**\n\n${notes.map((note) => `- ${note}`).join('\n')}\n`).join('\n')}`;
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*/g;
const MARKS = /^[ \t]*(?:\/\*\*?|\*\/|\*|\/\/)?[ \t]?|[ \t]*\*\/$/gm;
/** A note ends at an empty line, a tag, or a line that begins another paragraph with a label (`Source: …`). */
const END_OF_NOTE = /\n\s*\n|\n@|\n(?=[A-Z][\w ]{0,20}:)/;

function notesOf(text) {
  return (text.match(COMMENT) ?? []).flatMap((comment) => {
    const [, ...notes] = comment.replace(MARKS, '').split('Simplified:');
    return notes.map((note) => note.split(END_OF_NOTE)[0].replace(/\s+/g, ' ').trim());
  });
}
