/** Files of a result folder: written beside and renamed, so that a reader never sees half of one, whatever interrupts the writer. */
import { access, constants, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExperimentError } from '../errors.ts';

/**
 * Makes the folder if needed, writes beside the file and renames.
 * @throws ExperimentError with the file and the system's reason, e.g. a full disk; nothing is left behind then
 */
export async function writeAtomic(file: string, text: string | Uint8Array): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  try {
    await makeFolder(dirname(file));
    if (await isDevice(file)) return await writeFile(file, text);
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw new ExperimentError(`${file}: cannot be written: ${systemReason(error)}`);
  }
}

/** `/dev/stdout`, a pipe, a terminal: written to; renaming would put a file in its place. */
async function isDevice(file: string): Promise<boolean> {
  const info = await stat(file).catch(() => null);
  return info !== null && !info.isFile() && !info.isDirectory();
}

/** With its parents. Not by `recursive: true`, which never returns under /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeOne(folder);
  }
}

/** One that is there already, perhaps made by a neighbour just now, is as good. */
async function makeOne(folder: string): Promise<void> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** @returns why nothing can be written into the folder (made if needed), or null when all is well */
export async function whyNotWritable(folder: string): Promise<string | null> {
  try {
    await makeFolder(folder);
    if (!(await stat(folder)).isDirectory()) return 'it is not a folder';
    await access(folder, constants.W_OK);
    return null;
  } catch (error) {
    return systemReason(error);
  }
}

/** @returns why the file cannot be written (its folder is made if needed), or null when all is well */
export async function whyNotWritableFile(file: string): Promise<string | null> {
  const info = await stat(file).catch(() => null);
  if (info?.isDirectory()) return 'it is a folder';
  const folder = await stat(dirname(file)).catch(() => null);
  return folder === null ? 'its folder does not exist' : whyNotWritable(dirname(file)); // a slip in the path makes no folders
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
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
