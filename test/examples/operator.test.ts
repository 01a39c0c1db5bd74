import { describe, expect, test } from "bun:test";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

const LISTENING = "operator on tcp";

describe("examples/operator-server and operator-client", () => {
  test(
    "the client prints the echo, the thanks and the operator's line, and ends",
    async () => {
      await using server = new RunningExample("operator-server", 0);
      const port = await server.portAfter(LISTENING);
      await using client = new RunningExample("operator-client", port, "Hello?");
      expect(await client.line()).toBe("Hello?");
      expect(await client.line()).toBe("I get it!");
      server.type("Speaking.");
      expect(await client.end()).toEqual({ output: "Speaking.\n", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server thanks a peer only once it has finished sending",
    async () => {
      await using server = new RunningExample("operator-server", 0);
      using peer = await RawPeer.connect({ port: await server.portAfter(LISTENING) });
      await peer.send("a");
      expect((await peer.receives(1)).toString()).toBe("a");
      await peer.send("b\n");
      peer.sendFIN();
      expect((await peer.receives(13)).toString()).toBe("ab\nI get it!\n");
      server.type("Yes?");
      expect((await peer.end()).toString()).toBe("ab\nI get it!\nYes?\n");
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server ends with its input",
    async () => {
      await using server = new RunningExample("operator-server", 0);
      await server.portAfter(LISTENING);
      server.endInput();
      expect(await server.end()).toEqual({ output: "", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );
});
