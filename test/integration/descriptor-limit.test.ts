import { describe, expect, test } from "bun:test";
import { RawPeer } from "../raw-peer.ts";
import { loopTurns } from "../bun/loop-turns.ts";
import { RunningProgram } from "./running-program.ts";

const CONNECTIONS = 100;

/** Runs the runtime with a limit of 128 descriptors. */
const LIMITED = ["sh", "-c", 'ulimit -n 128 && exec "$0" "$@"', process.execPath];

describe("BunReactor near the process's limit of descriptors", () => {
  test("turns connections away and counts them, serves those it has, and recovers", async () => {
    using program = new RunningProgram("stats-server-program.ts", [], LIMITED);
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
