/** CSV after RFC 4180: header first, lines end in CR LF, quotes only where they are needed; nothing is an empty field. */
export function csvText(rows: Iterable<readonly (string | number | null)[]>): string {
  const lines: string[] = [];
  for (const row of rows) lines.push(`${row.map(field).join(',')}\r\n`);
  return lines.join('');
}

function field(value: string | number | null): string {
  const text = value === null ? '' : value === Infinity ? 'inf' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
