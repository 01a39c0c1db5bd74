import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { RawPeer } from "../raw-peer.ts";
import { loopTurns } from "../bun/loop-turns.ts";
import { RunningProgram } from "./running-program.ts";

/** How many descriptors there may be, and more connections than can then be served. */
const LIMITS: readonly [limit: number, connections: number][] = [
  [32, 40],
  [64, 100],
  [128, 150],
  [256, 300],
];

/** Runs the runtime with a limit of so many descriptors, and its errors among what it prints. */
function limited(limit: number): string[] {
  return ["sh", "-c", `ulimit -n ${limit} && exec "$0" "$@" 2>&1`, process.execPath];
}

describe.each(LIMITS)("BunReactor with at most %i descriptors", (limit, CONNECTIONS) => {
  test("turns connections away and says so, serves those it has, and recovers", async () => {
    using program = new RunningProgram("stats-server-program.ts", [], limited(limit));
    await program.line(`pretzel warning: this process may have only ${limit} descriptors`);
    const port = Number(await program.line("ready "));
    const peers: RawPeer[] = [];
    let turnedAwayAtOnce = 0;
    for (let index = 0; index < CONNECTIONS; index++) {
      // One that is reset early enough never gets to know that it was connected.
      await RawPeer.connect({ port }).then(
        (peer) => peers.push(peer),
        () => turnedAwayAtOnce++,
      );
    }
    const first = peers[0];
    if (first === undefined) throw new Error("There are no peers");
    await first.send("how many?");
    const text = (await first.receives(1)).toString();
    const { accepted, refused } = JSON.parse(text) as { accepted: number; refused: number };
    expect(accepted + refused).toBe(CONNECTIONS);
    expect(refused).toBeGreaterThan(0);
    // The runtime itself has some ten.
    expect(accepted).toBeGreaterThan(limit / 2);
    await program.line("pretzel warning: connections turned away: 1, ");
    const turnedAway = () => peers.filter((peer) => peer.sees === "reset").length;
    while (turnedAway() + turnedAwayAtOnce < refused) await loopTurns();
    expect(turnedAway() + turnedAwayAtOnce).toBe(refused);
    for (const peer of peers.slice(1)) peer[Symbol.dispose]();
    // The first says when the others have gone: by then there is room again.
    await first.send("still there?");
    await first.receives(text.length + 1);
    using late = await RawPeer.connect({ port });
    await late.send("and me?");
    await late.receives(1);
    first.sendRST();
  });
});

// Without libc the runtime does not tell which number a socket has before it is connected.
test.skipIf(libcOrNull() === null)(
  "connects take no descriptor that accepting needs (needs libc)",
  () => {
    const program = `${import.meta.dir}/connect-flood-program.ts`;
    const { stdout } = Bun.spawnSync([...limited(64), program], { timeout: 4_000 });
    const outcome = JSON.parse(stdout.toString() || "{}") as Record<string, number>;
    expect(outcome["without"]).toBeGreaterThan(0);
    expect(outcome["refused"]).toBeGreaterThan(0);
  },
);
