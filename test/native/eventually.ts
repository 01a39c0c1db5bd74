/** More turns than any change of the kernel's state takes; then the condition will never hold. */
const MAX_TURNS = 100_000;

/**
 * Waits, one turn of the loop after the other, until `condition` holds. For what the kernel tells
 * nobody about, such as a counter.
 *
 * @throws {Error} when it never does
 */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    if (condition()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  throw new Error(`It did not come true in ${MAX_TURNS} turns: ${condition}`);
}
