import { describe, expect, test } from "bun:test";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

describe("examples/one-shot-server", () => {
  test(
    "prints what one client said, answers once and ends",
    async () => {
      await using server = new RunningExample("one-shot-server", 0);
      using peer = await RawPeer.connect({ port: await server.portAfter("one shot on tcp") });
      await peer.send("Hel");
      await peer.send("lo!\nand more\n");
      expect((await peer.end()).toString()).toBe("Thank you, that was all.\n");
      peer.close();
      expect(await server.end()).toEqual({ output: "Hello!\n", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "takes no second client",
    async () => {
      await using server = new RunningExample("one-shot-server", 0);
      const port = await server.portAfter("one shot on tcp");
      using peer = await RawPeer.connect({ port });
      await peer.send("Hello!\n");
      await peer.end();
      await expect(RawPeer.connect({ port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
    TEST_LIMIT_MS,
  );
});
