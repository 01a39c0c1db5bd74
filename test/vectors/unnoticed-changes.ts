import { changesOf } from "./json-changes.ts";
import { NotationError } from "./notation/place.ts";
import { type JSONVector, mismatch, type Observation, type VectorGroup } from "./vector-group.ts";

/** What came of changing what a vector expects. */
export interface ChangedExpectations {
  /** How many changes were tried that say something else. */
  readonly tried: number;
  /** Those with which the vector would hold all the same. */
  readonly unnoticed: readonly string[];
}

/**
 * Changes everything that a vector expects, one thing at a time, and looks whether it then fails,
 * as it must: it does not keep to the notation any more, or what was observed is not that.
 *
 * A change that says the same, such as two events of one time that may come in any order, is not
 * counted.
 *
 * @param observations of the vector as it is
 */
export function changeExpectations(
  group: VectorGroup,
  vector: JSONVector,
  observations: readonly Observation[],
): ChangedExpectations {
  const unnoticed: string[] = [];
  let tried = 0;
  for (const alone of alternativesOf(vector)) {
    const { expected } = group.read(alone);
    // Of several right answers only one is given.
    if (mismatch(observations, expected) !== null) continue;
    for (const { what, value } of changesOf(alone["expect"], "expect")) {
      const changed = expectedOf(group, { ...alone, expect: value });
      if (changed !== null && Bun.deepEquals(changed.expected, expected, true)) continue;
      tried++;
      if (changed === null || mismatch(observations, changed.expected) !== null) continue;
      unnoticed.push(`${vector["id"]}: ${what}`);
    }
  }
  return { tried, unnoticed };
}

/** Null when the vector does not keep to the notation. */
function expectedOf(group: VectorGroup, vector: JSONVector): { readonly expected: unknown } | null {
  try {
    return group.read(vector);
  } catch (error) {
    if (error instanceof NotationError) return null;
    throw error;
  }
}

/** The vector once for each answer that is right. */
function alternativesOf(vector: JSONVector): JSONVector[] {
  const { oneOf } = Object(vector["expect"]) as { readonly oneOf?: readonly unknown[] };
  return oneOf === undefined ? [vector] : oneOf.map((expect) => ({ ...vector, expect }));
}
