/** What the two output streams can show, and how to write to them. stdout is for results only, everything else goes to stderr. */
import { ExperimentError } from '../errors.ts';

export interface Terminal {
  /** Columns that text on stdout may take; Infinity when piped, so that nothing is cut that a program reads. */
  readonly width: number;
  readonly isErrorTty: boolean;
  /** Makes a mark stand out on stdout; plain text without colour. */
  readonly paint: Readonly<Record<'good' | 'bad' | 'faint' | 'strong', (text: string) => string>>;
  /** Before a threshold that holds, or does not. */
  readonly marks: { readonly good: string; readonly bad: string };
  /** Replaces signs that the locale cannot show. */
  text(text: string): string;
}

export async function openTerminal(options: { readonly color: boolean }): Promise<Terminal> {
  const { default: picocolors } = await import('picocolors');
  const colors = picocolors.createColors(options.color && picocolors.isColorSupported && process.stdout.isTTY === true);
  const text = hasUnicode() ? (any: string) => any : toAscii;
  return {
    width: process.stdout.isTTY ? process.stdout.columns : Infinity,
    isErrorTty: process.stderr.isTTY === true,
    paint: { good: colors.green, bad: colors.red, faint: colors.dim, strong: colors.bold },
    marks: { good: colors.green(text('✓')), bad: colors.red(text('✗')) },
    text,
  };
}

/** By the locale, as C programs decide it. */
function hasUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

const ASCII: Readonly<Record<string, string>> = {
  '✓': 'ok',
  '✗': 'FAIL',
  '×': 'x',
  '…': '~', // one character, so that columns stay where they are
  µ: 'u',
  '−': '-',
  '≥': '>=',
  '≤': '<=',
  '·': '-',
  '→': '->',
  '∞': 'inf',
};

function toAscii(text: string): string {
  return text.replace(/[✓✗×…µ−≥≤·→∞]/g, (sign) => ASCII[sign]);
}

/** Writes a result. A reader that has gone away (`| head`) is not an error. */
export function writeOut(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else reject(new ExperimentError(`standard output: cannot be written: ${error.message}`));
    });
  });
}

export function writeError(text: string): void {
  process.stderr.write(text);
}

/** Errors of the streams arrive as events too; the callbacks of `writeOut` have already dealt with them. */
export function ignoreStreamErrors(): void {
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
