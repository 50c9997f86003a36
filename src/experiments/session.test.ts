import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { loadStudy } from '../scenario/index.ts';
import { runReplication } from '../simulation/run.ts';
import { CART, ORDER, SCENARIO } from '../testing/busy-shop.ts';
import { InterruptedError } from './execute.ts';
import { type PlannedCell, planCell, planStudy } from './plan.ts';
import { type SessionProgress, withSession } from './session.ts';

const TEXT = SCENARIO.replace('MANIFESTS', JSON.stringify([{ inline: `${CART}\n---\n${ORDER}` }]));
const SEED = 'session';

async function cellOf(id: number, replicas: number): Promise<PlannedCell> {
  const { cells } = await loadStudy({ files: ['-'], stdin: TEXT, sets: [`deployment/cart.spec.replicas=${replicas}`] });
  return planCell({ ...cells[0], id });
}

function alone(cell: PlannedCell, replication: number): RunResult {
  return runReplication(cell.scenario, { seed: SEED, replication, cell: cell.id });
}

describe('a session', function () {
  this.timeout(60_000);
  let folder: string;
  let cells: PlannedCell[];
  before(async () => {
    cells = await Promise.all([cellOf(0, 2), cellOf(1, 3)]);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const workers of [1, 2])
    it(`gives replications in order, of cells in turn and of one that comes later, with ${workers} workers`, () =>
      withSession({ seed: SEED, workers }, async (session) => {
        const [two, three] = await Promise.all(cells.map((cell) => session.replications(cell, 0, 3)));
        const late = await cellOf(2, 4);
        const [further, four] = await Promise.all([session.replications(cells[0], 3, 5), session.replications(late, 0, 2)]);
        expect([...two, ...further]).to.deep.equal([0, 1, 2, 3, 4].map((replication) => alone(cells[0], replication)));
        expect(three).to.deep.equal([0, 1, 2].map((replication) => alone(cells[1], replication)));
        expect(four).to.deep.equal([0, 1].map((replication) => alone(late, replication)));
        expect(await session.replications(late, 2, 2)).to.deep.equal([]);
        expect(session.simulated.requests).to.equal([...two, ...further, ...three, ...four].reduce((sum, run) => sum + run.requests.offered, 0));
      }));

  it('takes from the folder what answers the question, whatever number the cell has now', async () => {
    const first = await withSession({ seed: SEED, workers: 1, out: folder }, (session) => session.replications(cells[0], 0, 2));
    await withSession({ seed: SEED, workers: 1, out: folder, resume: true }, async (session) => {
      expect(await session.replications(cells[0], 0, 3)).to.deep.equal([...first, alone(cells[0], 2)]);
      expect(session.reused).to.equal(2);
      await session.replications(cells[1], 0, 1);
      expect(session.reused).to.equal(2);
      await session.replications({ ...cells[0], id: 5 }, 0, 1);
      expect(session.reused).to.equal(3);
    });
    await withSession({ seed: 'another', workers: 1, out: folder, resume: true }, async (session) => {
      await session.replications(cells[0], 0, 1);
      expect(session.reused).to.equal(0);
    });
  });

  it('tells what is asked for and done', async () => {
    const told: SessionProgress[] = [];
    await withSession({ seed: SEED, workers: 1, onProgress: (progress) => told.push(progress) }, (session) => session.replications(cells[0], 0, 3));
    for (const { asked, done } of told) expect(done).to.be.within(0, asked);
    for (const { asked } of told) expect(asked).to.equal(3);
  });

  it('refuses everything after the signal and after its end', async () => {
    const stop = new AbortController();
    const asked = withSession({ seed: SEED, workers: 2, signal: stop.signal }, async (session) => {
      const under = session.replications(cells[0], 0, 1000);
      stop.abort();
      const refused = await under.catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(InterruptedError);
      return session.replications(cells[0], 0, 1);
    });
    expect(await asked.catch((error: unknown) => error)).to.be.instanceOf(InterruptedError);
    let kept: Parameters<Parameters<typeof withSession>[1]>[0] | null = null;
    await withSession({ seed: SEED, workers: 1 }, async (session) => {
      kept = session;
    });
    const late = (kept as unknown as { replications(cell: PlannedCell, from: number, to: number): Promise<unknown> }).replications(cells[0], 0, 1);
    expect(await late.catch((error: unknown) => error)).to.be.instanceOf(InterruptedError);
  });

  it('names the replication that cannot be carried out', async () => {
    const { cells: wide } = await loadStudy({ files: ['-'], stdin: TEXT, sets: ['run.maxInFlight=1'] });
    const [cell] = planStudy({ ...(await loadStudy({ files: ['-'], stdin: TEXT })), cells: wide }).cells;
    const error = await withSession({ seed: SEED, workers: 1 }, (session) => session.replications(cell, 0, 2)).catch((one: unknown) => one);
    expect((error as Error).name).to.equal('ExperimentError');
    expect((error as Error).message).to.match(/^replication 0: /);
  });
});
