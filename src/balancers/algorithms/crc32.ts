/**
 * CRC-32 as in zlib: reflected polynomial 0xEDB88320, start and end inverted. Values are uint32.
 * Text is taken by its Latin-1 code units, which is all that addresses and cookies hold.
 */

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param end how many characters of `text` count */
export function crc32(text: string, end = text.length): number {
  let state = -1;
  for (let i = 0; i < end; i++) state = TABLE[(state ^ text.charCodeAt(i)) & 255] ^ (state >>> 8);
  return ~state >>> 0;
}

/** The checksum of a text already summed up, followed by the four bytes of `word`, lowest first. */
export function crc32AppendWord(checksum: number, word: number): number {
  let state = ~checksum;
  for (let shift = 0; shift < 32; shift += 8) state = TABLE[(state ^ (word >>> shift)) & 255] ^ (state >>> 8);
  return ~state >>> 0;
}
