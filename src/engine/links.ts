/**
 * The two columns of a table through which its rows are linked into queues. A row stands in one queue at a time.
 * The columns are replaced when the table grows: read them through the object.
 */
export interface Links {
  readonly prev: Int32Array;
  readonly next: Int32Array;
}
