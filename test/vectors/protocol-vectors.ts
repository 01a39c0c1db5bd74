/**
 * The protocol test vectors: cases as data, by group. `meta` at the top of the JSON file describes
 * the groups; `basis` says of each vector where it comes from, and whether Twisted does the same.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What every vector has, whatever its group. */
export interface Vector {
  /** Unique in its group. */
  readonly id: string;
  readonly group: string;
  readonly basis: "twisted" | "spec" | "strict" | "consistency" | "better" | "beyond";
  readonly note?: string;
}

/** A byte string: each character is a byte; `rep` repeats; a list is joined. */
export type EncodedBytes =
  string | { readonly rep: readonly [EncodedBytes, number] } | readonly EncodedBytes[];

const VECTORS = loadVectors();

/**
 * The vectors of one group.
 *
 * @typeParam V what a vector of this group has besides the fields of `Vector`
 * @throws {Error} when there is no such group
 */
export function vectorsOf<V>(group: string): (Vector & V)[] {
  const found = VECTORS.filter((vector) => vector.group === group);
  if (found.length === 0) throw new Error(`There are no vectors of the group ${group}`);
  return found as (Vector & V)[];
}

/** The bytes that the vectors' notation stands for. */
export function decodeBytes(encoded: EncodedBytes): Buffer {
  if (typeof encoded === "string") return Buffer.from(encoded, "latin1");
  if (!("rep" in encoded)) return Buffer.concat(encoded.map(decodeBytes));
  const [piece, count] = encoded.rep;
  return Buffer.concat(Array.from({ length: count }, () => decodeBytes(piece)));
}

/** The vectors' times are in seconds; ours are in milliseconds. */
export function milliseconds(seconds: number): number {
  return seconds * 1000;
}

function loadVectors(): readonly Vector[] {
  const text = readFileSync(join(import.meta.dir, "protocol-vectors.json"), "utf8");
  const { meta, vectors } = JSON.parse(text) as {
    meta: { schema: string; count: number };
    vectors: Vector[];
  };
  if (meta.schema !== "protocol-vectors/1" || meta.count !== vectors.length) {
    throw new Error(`The vectors are of schema ${meta.schema}, ${vectors.length} in number`);
  }
  return vectors;
}
