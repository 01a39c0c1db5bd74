import { describe, expect, test } from "bun:test";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { secondsNow, secondsOfCtime } from "./ctime-text.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

const LISTENING = "seconds since 1970 on udp";

describe("examples/unix-time-server and unix-time-client", () => {
  test(
    "the client prints the server's time",
    async () => {
      await using server = new RunningExample("unix-time-server", 0);
      const port = await server.portAfter(LISTENING);
      const before = secondsNow();
      await using client = new RunningExample("unix-time-client", port);
      const { output, errors, exitCode } = await client.end();
      expect(secondsOfCtime(output.trimEnd())).toBeWithin(before, secondsNow() + 1);
      expect({ errors, exitCode }).toEqual({ errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server answers any datagram with four bytes, the highest first",
    async () => {
      await using server = new RunningExample("unix-time-server", 0);
      const port = await server.portAfter(LISTENING);
      for (const question of ["", "what time is it?"]) {
        using peer = await RawDatagramPeer.open();
        const before = secondsNow();
        peer.send(question, port);
        const { data } = await peer.receive();
        expect(data.length).toBe(4);
        expect(data.readUInt32BE()).toBeWithin(before, secondsNow() + 1);
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "the client writes a date as ctime does, and minds only answers of four bytes",
    async () => {
      using server = await RawDatagramPeer.open();
      await using client = new RunningExample("unix-time-client", server.port);
      const { port } = await server.receive();
      server.send("no", port);
      server.send(Buffer.from([0x6a, 0x28, 0x86, 0x5b]), port);
      expect(await client.end()).toEqual({
        output: "Tue Jun  9 21:32:11 2026\n",
        errors: "",
        exitCode: 0,
      });
    },
    TEST_LIMIT_MS,
  );
});
