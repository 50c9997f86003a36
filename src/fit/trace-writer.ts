/** The requests of a log as CSV that `trace: { file }` replays: time, client, method, path. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { ExperimentError } from '../errors.ts';
import type { LogEntry } from '../logs/index.ts';

const BLOCK = 1 << 16;

export class TraceWriter {
  private readonly file: string;
  private readonly stream: WriteStream;
  private block = 'time,client,method,path\n';
  private error: Error | null = null;

  constructor(file: string) {
    this.file = file;
    this.stream = createWriteStream(file);
    this.stream.on('error', (error) => (this.error = error));
  }

  add(entry: LogEntry): void {
    if (Number.isNaN(entry.time)) return;
    this.block += `${entry.time.toFixed(6)},${cell(entry.client)},${entry.method},${cell(entry.path)}\n`;
  }

  /** Waits until what has been added is on its way, so that memory stays what it is. */
  async flush(): Promise<void> {
    if (this.block.length < BLOCK) return;
    await this.write();
  }

  private async write(): Promise<void> {
    this.check();
    const isFull = !this.stream.write(this.block);
    this.block = '';
    if (isFull && this.error === null) await Promise.race([once(this.stream, 'drain'), once(this.stream, 'close')]);
  }

  async close(): Promise<void> {
    await this.write();
    this.stream.end();
    await once(this.stream, 'close');
    this.check();
  }

  private check(): void {
    if (this.error !== null) throw new ExperimentError(`${this.file}: cannot be written: ${this.error.message}`);
  }
}

function cell(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
