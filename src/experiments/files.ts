/** Files of a result folder: written beside and renamed, so that a reader never sees half of one, whatever interrupts the writer. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExperimentError } from '../errors.ts';

/**
 * Makes the folder if needed, writes beside the file and renames.
 * @throws ExperimentError with the file and the system's reason, e.g. a full disk; nothing is left behind then
 */
export async function writeAtomic(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw new ExperimentError(`${file}: cannot be written: ${systemReason(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'a part of its path is not a folder',
  EDQUOT: 'the disk quota is used up',
};

/** The reason of a failed system call in words. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error as Error).message;
}
