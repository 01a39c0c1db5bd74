import { describe, expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

describe("examples/send-loop", () => {
  test(
    "both ways send the same 4 MiB and then finish",
    async () => {
      using listener = new RawListener();
      await using example = new RunningExample("send-loop", listener.port);
      const peers = [await listener.accept(), await listener.accept()];
      const expected = Buffer.alloc(4 * 1024 * 1024, "pretzel\n");
      for (const peer of peers) {
        const received = await peer.end();
        expect(received.equals(expected)).toBe(true);
        peer.close();
      }
      expect(await example.end()).toEqual({ output: "", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );
});
