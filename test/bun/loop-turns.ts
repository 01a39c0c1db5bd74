/** More turns than anything that is ready on this host takes to be noticed. */
const TURNS = 10;

/**
 * Lets the event loop look at its sockets several times, for showing that something is not
 * delivered although it is there. What is awaited should come true by an event instead.
 */
export async function loopTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
