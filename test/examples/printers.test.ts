import { describe, expect, test } from "bun:test";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

describe("examples/tcp-printer", () => {
  test(
    "prints what is sent and answers nothing",
    async () => {
      await using printer = new RunningExample("tcp-printer", 0);
      using peer = await RawPeer.connect({ port: await printer.portAfter("printing tcp") });
      await peer.send("one\ntw");
      await peer.send("o\n");
      expect(await printer.line()).toBe("one");
      expect(await printer.line()).toBe("two");
      peer.sendFIN();
      expect((await peer.end()).toString()).toBe("");
    },
    TEST_LIMIT_MS,
  );

  test(
    "prints every byte of four megabytes that come at once",
    async () => {
      await using printer = new RunningExample("tcp-printer", 0);
      using peer = await RawPeer.connect({ port: await printer.portAfter("printing tcp") });
      const line = `${"0123456789".repeat(100)}\n`;
      await peer.send(line.repeat(4_000));
      peer.sendFIN();
      await peer.end();
      printer.terminate();
      const { output } = await printer.end();
      expect(output === line.repeat(4_000)).toBe(true);
    },
    TEST_LIMIT_MS,
  );
});

describe("examples/udp-printer", () => {
  test(
    "prints each datagram with its sender and answers nothing",
    async () => {
      await using printer = new RunningExample("udp-printer", 0);
      const port = await printer.portAfter("printing udp");
      using peer = await RawDatagramPeer.open();
      for (const message of ["one", "two\n"]) {
        peer.send(message, port);
        expect(await printer.line()).toBe(`udp 127.0.0.1:${peer.port}: ${message.trimEnd()}`);
      }
      expect(peer.received).toEqual([]);
    },
    TEST_LIMIT_MS,
  );
});
