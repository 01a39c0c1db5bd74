import { describe, expect, test } from "bun:test";
import { chunkings } from "pretzel/testing";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { secondsNow, secondsOfCtime } from "./ctime-text.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

const LISTENING = "timestamps on tcp";

describe("examples/ctime-tcp-server and ctime-tcp-client", () => {
  test(
    "every line that is typed comes back with the time before it, until an empty one",
    async () => {
      await using server = new RunningExample("ctime-tcp-server", 0);
      await using client = new RunningExample(
        "ctime-tcp-client",
        await server.portAfter(LISTENING),
      );
      for (const line of ["hello", "grüße"]) {
        const before = secondsNow();
        client.type(line);
        const [stamp = "", ...rest] = (await client.line()).slice(1).split("] ");
        const after = secondsNow();
        expect(rest).toEqual([line]);
        expect(secondsOfCtime(stamp)).toBeWithin(before, after + 1);
      }
      client.type("");
      expect(await client.end()).toEqual({ output: "", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "an answer that is still on its way when the input ends is printed",
    async () => {
      using listener = new RawListener();
      await using client = new RunningExample("ctime-tcp-client", listener.port);
      client.type("late");
      client.endInput();
      using server = await listener.accept();
      expect((await server.end()).toString()).toBe("late\n");
      await server.send("[the time] late\n");
      server.close();
      expect(await client.end()).toEqual({
        output: "[the time] late\n",
        errors: "",
        exitCode: 0,
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server cuts the same lines out of every chunking",
    async () => {
      await using server = new RunningExample("ctime-tcp-server", 0);
      const port = await server.portAfter(LISTENING);
      const options = { randomWays: 3, maxSplits: 20, maxFixedSize: 3 };
      for (const chunks of chunkings("one\ntwo\r\n\nzwölf\n", options)) {
        using peer = await RawPeer.connect({ port });
        for (const chunk of chunks) await peer.send(chunk);
        peer.sendFIN();
        const lines = (await peer.end()).toString().split("\n");
        expect(lines.map((line) => line.replace(/^\[[^\]]*\] /, "> "))).toEqual([
          "> one",
          "> two",
          "> ",
          "> zwölf",
          "",
        ]);
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server closes on a line that does not end",
    async () => {
      await using server = new RunningExample("ctime-tcp-server", 0);
      using peer = await RawPeer.connect({ port: await server.portAfter(LISTENING) });
      await peer.send("x".repeat(4_097));
      expect((await peer.end()).toString()).toBe("");
    },
    TEST_LIMIT_MS,
  );
});
