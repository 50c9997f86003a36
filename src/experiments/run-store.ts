/**
 * Replications on disk, addressed by the question that they answer: `<out>/runs/<cell>/<replication>.json`.
 *
 * A file names, by content, the question (engine, seed, the cell's whole scenario) and the hash of its own data: only what this study
 * would compute again is taken, from whichever folder it is in, and what is damaged is simulated again. The folder of a cell is called
 * by its number; where another question has that place already, the key is added to the name, so that nothing finished is ever lost.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../measurement/run-result.ts';
import type { Cell, Scenario } from '../scenario/scenario.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { writeAtomic } from './files.ts';
import { decodeArrays, encodeArrays, stableJson } from './stable-json.ts';

const FORMAT = 'evenkeel run 3';
const CELL_FILE = 'cell.json';

/** What the folder of a cell holds beside its replications: the cell itself, so that shards can be merged without the scenario's files. */
interface CellFile extends Cell {
  readonly format: typeof FORMAT;
  readonly key: string;
}

/** What a file of a replication begins with; `run` is the last member, so its text can be cut out and its hash compared. */
interface RunHead {
  readonly format: typeof FORMAT;
  readonly key: string;
  readonly replication: number;
  /** Of the text of `run`. */
  readonly sha256: string;
}

const RUN = ',"run":';

/** Hash of everything that a replication of this cell depends on, but for its number: the same in any folder. */
export function cellKey(scenario: Scenario, seed: string): string {
  const content = {
    ...scenario,
    run: { ...scenario.run, percentiles: [], stopWhen: null }, // asked of the stored histograms, and of how many
    objects: scenario.objects.map(({ origin: _origin, ...object }) => object),
    timeline: scenario.timeline.map(({ where: _where, ...action }) => action),
    thresholds: scenario.thresholds.map(({ sinceNs }) => sinceNs), // a window of its own is stored; limits are judged later
  };
  return sha256(stableJson([FORMAT, ENGINE_VERSION, seed, content]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export class RunStore {
  private readonly runs: string;
  /** Key of a cell → its folder. */
  private readonly folders: Map<string, Promise<string>>;
  private readonly taken: Set<string>;

  /** Finds out what the folder holds; one that is not there yet is empty. */
  static async open(out: string): Promise<RunStore> {
    const runs = join(out, 'runs');
    const names = await readdir(runs).catch(() => []);
    const keys = await Promise.all(names.map(async (name) => (await readCell(join(runs, name)))?.key ?? null));
    const folders = new Map<string, Promise<string>>();
    for (const [i, key] of keys.entries()) if (key !== null) folders.set(key, Promise.resolve(names[i]));
    return new RunStore(runs, folders, new Set(names));
  }

  private constructor(runs: string, folders: Map<string, Promise<string>>, taken: Set<string>) {
    this.runs = runs;
    this.folders = folders;
    this.taken = taken;
  }

  /** The stored replication, or null when there is none that answers exactly this question. */
  async read(key: string, cell: number, replication: number): Promise<RunResult | null> {
    const folder = await this.folders.get(key);
    if (folder === undefined) return null;
    try {
      const text = await readFile(join(this.runs, folder, `${replication}.json`), 'utf8');
      const at = text.indexOf(RUN);
      const head = JSON.parse(`${text.slice(0, at)}}`) as RunHead;
      const data = text.slice(at + RUN.length, text.lastIndexOf('}'));
      if (head.format !== FORMAT || head.key !== key || head.replication !== replication || head.sha256 !== sha256(data)) return null;
      return { ...(decodeArrays(JSON.parse(data)) as RunResult), cell };
    } catch {
      return null; // absent, unreadable or damaged: it is simulated again
    }
  }

  /** Numbers of the replications of this question that have a file here, whatever state it is in. */
  async stored(key: string): Promise<ReadonlySet<number>> {
    const folder = await this.folders.get(key);
    const names = folder === undefined ? [] : await readdir(join(this.runs, folder)).catch(() => []);
    return new Set(names.flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : [])));
  }

  /** Where the replication is, or would be. */
  async fileOf(key: string, replication: number): Promise<string> {
    return join(this.runs, (await this.folders.get(key)) ?? '', `${replication}.json`);
  }

  /** The cell that asks this question, or null when the folder has none. */
  async cell(key: string): Promise<Cell | null> {
    const folder = await this.folders.get(key);
    const file = folder === undefined ? null : await readCell(join(this.runs, folder));
    return file === null ? null : { id: file.id, axes: file.axes, scenario: file.scenario };
  }

  /** @throws ExperimentError when the file cannot be written */
  async save(key: string, cell: Cell, run: RunResult): Promise<void> {
    const data = JSON.stringify(encodeArrays(run));
    const head: RunHead = { format: FORMAT, key, replication: run.replication, sha256: sha256(data) };
    const folder = await this.folderFor(key, cell);
    await writeAtomic(join(this.runs, folder, `${run.replication}.json`), `${JSON.stringify(head).slice(0, -1)}${RUN}${data}}\n`);
  }

  private folderFor(key: string, cell: Cell): Promise<string> {
    let folder = this.folders.get(key);
    if (folder === undefined) {
      folder = this.makeFolder(key, cell);
      this.folders.set(key, folder);
    }
    return folder;
  }

  private async makeFolder(key: string, { id, axes, scenario }: Cell): Promise<string> {
    const name = this.taken.has(String(id)) ? `${id}-${key.slice(0, 12)}` : String(id);
    this.taken.add(name);
    const file: CellFile = { format: FORMAT, key, id, axes, scenario };
    await writeAtomic(join(this.runs, name, CELL_FILE), `${JSON.stringify(file)}\n`);
    return name;
  }
}

async function readCell(folder: string): Promise<CellFile | null> {
  try {
    const file = JSON.parse(await readFile(join(folder, CELL_FILE), 'utf8')) as CellFile;
    return file.format === FORMAT ? file : null;
  } catch {
    return null;
  }
}
