/**
 * Bundles the program of the report page (Vega and vega-interpreter included) to <out>/report/page-script.js.
 *
 * usage: node scripts/build-page.js [out]      out: dist when absent
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const out = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));

await build({
  entryPoints: [fileURLToPath(new URL('../src/report/page/script.ts', import.meta.url))],
  outfile: `${out}/report/page-script.js`,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'inline',
  banner: { js: '/* Vega and vega-interpreter: BSD-3-Clause, University of Washington Interactive Data Lab. D3: ISC, Mike Bostock. */' },
});
