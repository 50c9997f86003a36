/** IPv4 addresses as unsigned 32-bit numbers. Simplified: the model has one address family. */

export interface Ipv4Range {
  /** First address of the block, the network address. */
  readonly base: number;
  /** Number of addresses, a power of two. */
  readonly size: number;
  readonly text: string;
}

/** @returns the address as a number, or `null` when the text is not a plain IPv4 address */
export function parseIpv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return null;
  let value = 0;
  for (const part of parts.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null; // leading zeros are refused by the API server too
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return `${Math.floor(value / 16777216)}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** @returns the block, or `null` when the text is not `a.b.c.d/bits` */
export function parseCidr(text: string): Ipv4Range | null {
  const [address, bits, ...rest] = text.split('/');
  const value = parseIpv4(address);
  if (value === null || rest.length > 0 || bits === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null;
  let size = 1;
  for (let bit = Number(bits); bit < 32; bit++) size *= 2;
  return { base: value - (value % size), size, text };
}

export function contains(range: Ipv4Range, address: number): boolean {
  return address >= range.base && address < range.base + range.size;
}
