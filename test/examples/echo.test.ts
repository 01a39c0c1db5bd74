import { describe, expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

describe("examples/echo-server and echo-client", () => {
  test(
    "the client prints the line that it sent",
    async () => {
      await using server = new RunningExample("echo-server", 0);
      await using client = new RunningExample("echo-client", await server.portAfter("echo on tcp"));
      expect(await client.end()).toEqual({ output: "Hello, world!\n", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server answers a peer that finishes sending first",
    async () => {
      await using server = new RunningExample("echo-server", 0);
      using peer = await RawPeer.connect({ port: await server.portAfter("echo on tcp") });
      await peer.send("hi");
      peer.sendFIN();
      expect((await peer.end()).toString()).toBe("hi");
    },
    TEST_LIMIT_MS,
  );

  test(
    "the server ends well when it is told to",
    async () => {
      await using server = new RunningExample("echo-server", 0);
      using peer = await RawPeer.connect({ port: await server.portAfter("echo on tcp") });
      await peer.send("hi");
      await peer.receives(2);
      server.terminate();
      await peer.end();
      peer.close();
      expect(await server.end()).toEqual({ output: "", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "the client closes after the line, in whatever pieces it comes",
    async () => {
      using listener = new RawListener();
      await using client = new RunningExample("echo-client", listener.port, "one");
      using server = await listener.accept();
      expect((await server.receives(4)).toString()).toBe("one\n");
      await server.send("on");
      await server.send("e\n");
      await server.end();
      server.close();
      expect(await client.end()).toEqual({ output: "one\n", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );
});
