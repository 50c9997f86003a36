/** The progress line on stderr: redrawn on a terminal, one line per 10 % elsewhere. */
import type { Progress } from '../experiments/run.ts';
import { formatNumber } from '../report/format.ts';
import { writeError } from './terminal.ts';

export class ProgressLine {
  private readonly isTty: boolean;
  private readonly started = performance.now();
  private lastTenth = 0;
  private isDrawn = false;

  constructor(isTty: boolean) {
    this.isTty = isTty;
  }

  update(progress: Progress): void {
    if (this.isTty) {
      writeError(`\r\u001b[2K${this.line(progress)}`);
      this.isDrawn = true;
      return;
    }
    const tenth = Math.floor((progress.done / progress.units) * 10 + 1e-9);
    // What is over at once needs no line; the result says that it is done.
    if (tenth <= this.lastTenth || performance.now() - this.started < 1000) return;
    this.lastTenth = tenth;
    writeError(`${this.line(progress)}\n`);
  }

  /** Takes the line away again, so that it does not stand in the result. */
  end(): void {
    if (this.isDrawn) writeError('\r\u001b[2K');
  }

  private line({ units, done, requests }: Progress): string {
    const share = units === 0 ? 1 : done / units;
    const seconds = (performance.now() - this.started) / 1000;
    const left = share > 0 ? Math.ceil((seconds * (1 - share)) / share) : 0;
    const eta = share > 0 && share < 1 ? `  eta ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : '';
    return `${Math.floor(share * 100)}%  ${Math.floor(done + 1e-9)}/${units} replications  ${formatNumber(requests)} requests${eta}`;
  }
}
