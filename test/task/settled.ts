/**
 * Resolves when the promises that are settled already have been continued, and those that their
 * continuations settled at once, and so on for some rounds.
 */
export async function settled(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await null;
}

/** More than any chain of promises here is long. */
const ROUNDS = 32;
