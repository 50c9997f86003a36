/** Plain text tables: columns aligned, no boxes, so that `awk` and people read them alike. */

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** May be cut in the middle, down to this many characters, when the table is wider than the terminal. */
  readonly shrinkTo?: number;
}

const GAP = '  ';
/** Columns that text takes where nothing says otherwise. */
const LINE = 80;

/** @param width most characters a line may take; lines without a shrinkable column can still be longer */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number, indent = ''): string {
  const widths = columns.map((column, i) => Math.max(length(column.title), ...rows.map((row) => length(row[i]))));
  const total = () => indent.length + widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1);
  columns.forEach((column, i) => {
    if (column.shrinkTo !== undefined && total() > width) widths[i] = Math.max(Math.min(widths[i], column.shrinkTo), widths[i] - (total() - width));
  });
  const line = (cells: readonly string[]) => `${indent}${cells.map((cell, i) => pad(cut(cell, widths[i]), widths[i], columns[i].align)).join(GAP)}`.trimEnd();
  return [columns.map((column) => column.title), ...rows].map((row) => `${line(row)}\n`).join('');
}

/** Characters on the screen: escape sequences for colour take none. */
function length(text: string): number {
  return [...withoutColor(text)].length;
}

function withoutColor(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[\d+m/g, '');
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - length(text)));
  return align === 'left' ? text + space : space + text;
}

function cut(text: string, width: number): string {
  const plain = [...withoutColor(text)];
  if (plain.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${plain.slice(0, head).join('')}…${plain.slice(plain.length - (width - 1 - head)).join('')}`;
}

/** Breaks lines at spaces; a word that is longer than a line keeps one of its own. */
export function wrap(text: string, indent: string, width = LINE): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}${each}\n`).join('');
}
