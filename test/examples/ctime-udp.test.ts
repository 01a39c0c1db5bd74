import { describe, expect, test } from "bun:test";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { secondsNow, secondsOfCtime } from "./ctime-text.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

const LISTENING = "timestamps on udp";

describe("examples/ctime-udp-server and ctime-udp-client", () => {
  test(
    "every line that is typed comes back with the time before it, until an empty one",
    async () => {
      await using server = new RunningExample("ctime-udp-server", 0);
      await using client = new RunningExample(
        "ctime-udp-client",
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
    "the server answers each peer, an empty datagram too",
    async () => {
      await using server = new RunningExample("ctime-udp-server", 0);
      const port = await server.portAfter(LISTENING);
      for (const message of ["", "two\nlines"]) {
        using peer = await RawDatagramPeer.open();
        peer.send(message, port);
        expect(await peer.receiveText()).toMatch(/^\[[A-Z][^\]]*\] /);
        expect(peer.received[0]?.data.toString().replace(/^\[[^\]]*\] /, "")).toBe(message);
      }
    },
    TEST_LIMIT_MS,
  );
});
