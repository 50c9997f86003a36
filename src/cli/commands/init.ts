/** `evenkeel init`: a commented scenario to start from. */
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { ScenarioError } from '../../errors.ts';
import { writeAtomic } from '../../experiments/files.ts';
import { loadStudy, type Scenario, scenarioTemplate } from '../../scenario/index.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { textFlag } from '../flags.ts';
import { writeOut } from '../terminal.ts';
import { NO_TRAFFIC } from './load.ts';

/** @throws ScenarioError when the manifests that were named cannot be read or are wrong, or when the file is there already */
export async function init(operands: readonly string[], flags: FlagValues): Promise<number> {
  const [manifests] = operands;
  const out = textFlag(flags, 'out');
  const target = textFlag(flags, 'to');
  if (out !== undefined && (await exists(out)))
    throw new ScenarioError([{ where: '--out', problem: 'the file is there already', value: out, hint: 'name another, or remove it first' }]);
  const text = scenarioTemplate({
    ...(manifests !== undefined && {
      name: nameFrom(manifests),
      manifests: pathFrom(out, manifests),
      found: await read(manifests),
    }),
    ...(target !== undefined && { target }),
  });
  await (out === undefined ? writeOut(text) : writeAtomic(out, text));
  return DONE;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Folders whose names say what they hold, not of what. */
const KINDS_OF_FOLDER = new Set(['k8s', 'kubernetes', 'kube', 'manifests', 'deploy', 'deployment', 'base', 'config', 'overlays', 'kustomize', 'yaml']);

/** The next folder up that tells this scenario from others: baselines are kept by the name. */
function nameFrom(manifests: string): string {
  let path = resolve(manifests);
  while (KINDS_OF_FOLDER.has(basename(path).toLowerCase()) && basename(dirname(path)) !== '') path = dirname(path);
  return basename(path).replace(/[^A-Za-z0-9_.-]/g, '-');
}

/** Paths in a scenario are relative to its own folder. */
function pathFrom(out: string | undefined, manifests: string): string {
  if (isAbsolute(manifests)) return manifests;
  const path = relative(dirname(resolve(out ?? 'scenario.yaml')), resolve(manifests)) || '.';
  return path.startsWith('.') ? path : `./${path}`;
}

async function read(manifests: string): Promise<Scenario> {
  const study = await loadStudy({ files: [manifests], fallback: NO_TRAFFIC });
  return study.cells[0].scenario;
}
