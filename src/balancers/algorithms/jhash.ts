/**
 * Bob Jenkins' hash of three words as the kernel and Cilium's eBPF code have it.
 * Source: Jenkins 2006, lookup3.c, public domain; Linux 6.12 `include/linux/jhash.h` `jhash_3words`; Cilium `bpf/lib/jhash.h`.
 */

const INITIAL = 0xdeadbeef;

/** @returns uint32 */
export function jhash3Words(first: number, second: number, third: number, seed: number): number {
  const start = (INITIAL + (3 << 2) + seed) | 0;
  let a = (first + start) | 0;
  let b = (second + start) | 0;
  let c = (third + start) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
