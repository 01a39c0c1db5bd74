/**
 * The chance of a schedule. Every decision has a number of its own, made of the seed and of what is
 * decided, and not of what was decided before: so one decision can be taken back without changing
 * the others.
 */

/** 32 bits that depend on all bits of both (the finalizer "lowbias32"). */
export function mixed(hash: number, value: number): number {
  let bits = hash ^ Math.imul(value + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** From 1 to below 2^(`bits` + 1), and as often small as large: each power of two is as likely. */
export function magnitude(hash: number, bits: number): number {
  const power = 1 << (hash % (bits + 1));
  return power + ((hash >>> 8) % power);
}
