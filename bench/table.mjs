/** The rows of a suite as text. */
const HEAD = ['measure', 'median', 'lowest', 'highest', 'must', 'aim', ''];

export function table(rows) {
  const cells = [HEAD, ...rows.map((row) => (row.skipped === undefined ? cellsOf(row) : [row.measure, `skipped: ${row.skipped}`]))];
  const widths = HEAD.map((_, column) => Math.max(...cells.filter((line) => line.length === HEAD.length).map((line) => line[column].length)));
  return cells.map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')).join('\n');
}

function cellsOf({ measure, value, low = value, high = value, unit, must, aim, atLeast, verdict, wanted }) {
  const limit = (bound) => (bound === undefined ? '' : `${atLeast ? '≥' : '≤'} ${figure(bound)}`);
  return [measure, `${figure(value)} ${unit}`.trimEnd(), figure(low), figure(high), wanted ?? limit(must), limit(aim), verdict];
}

function figure(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
