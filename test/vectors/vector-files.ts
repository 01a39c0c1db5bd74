/**
 * The protocol test vectors: cases as data. Every JSON file in this folder is run; `meta` at the
 * top of `protocol-vectors.json` describes the notation, and `groups` here has it as code.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JSONVector } from "./vector-group.ts";

/** A file of vectors. */
export interface VectorFile {
  readonly name: string;
  readonly vectors: readonly JSONVector[];
}

const SCHEMA = "protocol-vectors/1";

/** The files of this folder. */
export function loadVectorFiles(): VectorFile[] {
  const names = readdirSync(import.meta.dir).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    return readVectorFile(name, readFileSync(join(import.meta.dir, name), "utf8"));
  });
}

/**
 * A file of vectors by its text. The vectors themselves are read by their groups.
 *
 * @throws {Error} when the file is of another schema, has not as many vectors as it says, or has
 *   two of one group with the same id
 */
export function readVectorFile(name: string, text: string): VectorFile {
  const { meta, vectors } = JSON.parse(text) as { meta?: JSONVector; vectors?: JSONVector[] };
  if (meta?.["schema"] !== SCHEMA || !Array.isArray(vectors)) {
    const schema = JSON.stringify(meta?.["schema"]);
    throw new Error(`${name} is of the schema ${schema}: vectors of "${SCHEMA}" are needed`);
  }
  if (meta["count"] !== vectors.length) {
    throw new Error(`${name} has ${vectors.length} vectors: it says ${meta["count"]}`);
  }
  const seen = new Set<string>();
  for (const { group, id } of vectors) {
    const both = `${group} ${id}`;
    if (seen.has(both)) throw new Error(`${name} has two vectors called ${both}`);
    seen.add(both);
  }
  return { name, vectors };
}
