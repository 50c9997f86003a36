/**
 * The real kernel beside the models: npm run fidelity
 *
 * Prints a row per rule and writes docs/fidelity.md. Exit code 1 when a rule disagrees; then, and when rules were skipped, the page stays as
 * it was. `-- --notes` renews only what the page says about simplifications, and runs nothing.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { page, withNotes } from './page.mjs';
import { runSuite } from './suite.mjs';
import { vectorRows } from './vectors.mjs';

const FOLDER = new URL('../docs/', import.meta.url);
const PAGE = new URL('fidelity.md', FOLDER);

function print({ system, rule, real, model, verdict, detail }) {
  console.log(`${verdict.padEnd(9)}  ${system}  ${rule}`);
  if (verdict !== 'skipped') console.log(`           real   ${real}\n           model  ${model}`);
  if (detail !== '') console.log(`           (${detail})`);
}

async function check() {
  const rows = await runSuite(print);
  const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
  console.log(`${count('agrees')} agree, ${count('DISAGREES')} disagree, ${count('skipped')} skipped`);
  const wrong = vectorRows().filter(({ verdict }) => verdict !== 'agrees');
  for (const { system, rule, expected, model } of wrong)
    console.log(`DISAGREES  ${system}  ${rule}\n           vector ${expected}\n           model  ${model}`);
  if (count('agrees') === rows.length && wrong.length === 0) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(PAGE, page(rows));
  }
  return count('DISAGREES') + wrong.length > 0 ? 1 : 0;
}

const { values } = parseArgs({ options: { notes: { type: 'boolean', default: false } } });
if (!values.notes) process.exitCode = await check();
else if (existsSync(PAGE)) writeFileSync(PAGE, withNotes(readFileSync(PAGE, 'utf8')));
else throw new Error('there is no docs/fidelity.md yet: run `npm run fidelity`');
