/** Logs of requests, line by line: what a line says, in which formats, and which format a file is in. Knows no files. */
export { LOG_FORMAT_NAMES, LOG_FORMATS, logFormat, recogniseFormat } from './formats.ts';
export {
  BROKEN,
  createEntry,
  ENTRY,
  FIELDS,
  type Field,
  type FieldName,
  type FieldNames,
  type LineKind,
  type LineParser,
  LONGEST_LINE,
  type LogEntry,
  type LogFormat,
  OTHER,
  TIME_UNITS,
  type TimeUnit,
} from './log-entry.ts';
export { fieldProblems } from './named-field-problems.ts';
