/**
 * Where each value of a JSON text stands. For dumps of whole clusters: the YAML parser, which knows positions too, takes a second for each MB.
 *
 * The text has been read by JSON.parse before, so it is valid and not deep: nothing is checked here.
 */
import type { Path } from './document.ts';

/** A value: its offset in the text; for objects and lists also what is inside. `at` of a field is its key's, of an item its own. */
interface Place {
  readonly at: number;
  readonly inner?: Map<string, Place>;
}

export class JsonPositions {
  private readonly text: string;
  private offset = 0;
  private readonly root: Place;
  private readonly lineStarts: number[] = [0];

  constructor(text: string) {
    this.text = text;
    this.skipSpace();
    this.root = this.readValue(this.offset);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
  }

  /** `line:column` of the value at a path, or of its closest ancestor. */
  locate(path: Path): string {
    let place = this.root;
    for (const step of path) {
      const next = place.inner?.get(String(step));
      if (next === undefined) break;
      place = next;
    }
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.lineStarts[middle] <= place.at) low = middle;
      else high = middle - 1;
    }
    return `${low + 1}:${place.at - this.lineStarts[low] + 1}`;
  }

  private readValue(at: number): Place {
    const first = this.text[this.offset];
    if (first === '{') return { at, inner: this.readObject() };
    if (first === '[') return { at, inner: this.readList() };
    if (first === '"') this.readString();
    else this.skip(/[^,\]}\s]*/y);
    return { at };
  }

  private readObject(): Map<string, Place> {
    const inner = new Map<string, Place>();
    this.step();
    while (this.text[this.offset] !== '}') {
      const at = this.offset;
      const key = JSON.parse(this.readString()) as string;
      this.skipSpace();
      this.step(); // the colon
      inner.set(key, this.readValue(at)); // the last duplicate counts
      this.endItem();
    }
    this.offset++;
    return inner;
  }

  private readList(): Map<string, Place> {
    const inner = new Map<string, Place>();
    this.step();
    while (this.text[this.offset] !== ']') {
      inner.set(String(inner.size), this.readValue(this.offset));
      this.endItem();
    }
    this.offset++;
    return inner;
  }

  private endItem(): void {
    this.skipSpace();
    if (this.text[this.offset] === ',') this.step();
  }

  private readString(): string {
    const from = this.offset;
    let end = this.text.indexOf('"', from + 1);
    while (this.isEscaped(end)) end = this.text.indexOf('"', end + 1);
    this.offset = end + 1;
    return this.text.slice(from, this.offset);
  }

  /** An odd number of backslashes before it. */
  private isEscaped(at: number): boolean {
    let first = at;
    while (this.text[first - 1] === '\\') first--;
    return (at - first) % 2 === 1;
  }

  private step(): void {
    this.offset++;
    this.skipSpace();
  }

  private skipSpace(): void {
    this.skip(/\s*/y);
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.offset;
    pattern.exec(this.text);
    this.offset = pattern.lastIndex;
  }
}
