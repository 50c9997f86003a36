/** A table as a Parquet file: the only file that knows hyparquet-writer, which is loaded only where Parquet is asked for. */
import { ModelError } from '../errors.ts';
import type { Table } from './result-tables.ts';

/** What is used of hyparquet-writer 0.17. */
interface Writer {
  parquetWriteBuffer(options: {
    readonly columnData: readonly { readonly name: string; readonly data: readonly (string | number | null)[]; readonly type: 'STRING' | 'DOUBLE' }[];
  }): ArrayBuffer;
}
const WRITER = 'hyparquet-writer';

/** All columns may be null: text as UTF-8 strings, numbers as doubles. */
export async function parquetBytes({ columns }: Table): Promise<Uint8Array> {
  const { parquetWriteBuffer } = (await import(WRITER).catch(() => {
    throw new ModelError(`the package ${WRITER} is missing (run npm ci)`);
  })) as Writer;
  const columnData = columns.map(({ name, type, values }) => ({ name, data: values, type: type === 'text' ? ('STRING' as const) : ('DOUBLE' as const) }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
