import { describe, expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { RunningProgram } from "./running-program.ts";

async function portOf(program: RunningProgram): Promise<number> {
  return Number(await program.line("ready "));
}

describe("BunReactor: the process it runs in", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s stops it in order: peers see the end of stream, the process ends with 0",
    async (signal) => {
      using program = new RunningProgram("running-server-program.ts");
      using peer = await RawPeer.connect({ port: await portOf(program) });
      await peer.send("hello");
      await peer.receives(5);
      program.signal(signal);
      expect((await peer.end()).toString()).toBe("hello");
      peer.sendFIN();
      expect(await program.ended()).toBe(0);
      await program.line("finished");
      expect(program.lines.slice(1)).toEqual([
        "before",
        "during",
        "connectionLost done",
        "after",
        "finished",
      ]);
    },
  );

  test("ends by itself once its connections have, though they had timeouts", async () => {
    using listener = new RawListener();
    using program = new RunningProgram("one-connection-program.ts", [String(listener.port)]);
    const peer = await listener.accept();
    expect((await peer.end()).toString()).toBe("hello");
    peer.sendFIN();
    expect(await program.ended()).toBe(0);
    await program.line("connectionLost done");
  });

  test("a reactor that runs keeps it alive with nothing open", async () => {
    using program = new RunningProgram("idle-reactor-program.ts");
    await program.line("ready");
    program.signal("SIGTERM");
    expect(await program.ended()).toBe(0);
    await program.line("finished");
  });

  test.each([
    "a call",
    "a looping call",
    "a looping call that waits",
    "a sleeper",
    "a client that is connected",
    "a client that comes back",
    "a port that a trigger opens",
    "a port that a trigger opens late",
    "a trigger that never settles",
  ])("SIGTERM ends it, whatever is left undone: %s", async (leftover) => {
    using program = new RunningProgram("leftovers-program.ts", [leftover]);
    await program.line("ready");
    program.signal("SIGTERM");
    expect(await program.ended()).toBe(0);
    expect(program.lines).toEqual(["ready", "finished"]);
  });

  test("a thousand runs leave nothing behind, and the process ends by itself", async () => {
    using program = new RunningProgram("many-runs-program.ts");
    expect(await program.ended()).toBe(0);
    expect(await program.line("after ")).toBe(await program.line("before "));
  });
});
