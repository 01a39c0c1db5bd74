import { expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

const FROM = "tcp:0:interface=127.0.0.1";

test(
  "examples/port-forward: bytes and ends go both ways",
  async () => {
    using target = new RawListener();
    await using forwarder = new RunningExample(
      "port-forward",
      FROM,
      `tcp:127.0.0.1:${target.port}`,
    );
    using client = await RawPeer.connect({ port: await forwarder.portAfter("forwarding tcp") });
    const server = await target.accept();
    await client.send("question");
    client.sendFIN();
    expect((await server.end()).toString()).toBe("question");
    await server.send("answer");
    server.sendFIN();
    expect((await client.end()).toString()).toBe("answer");
  },
  TEST_LIMIT_MS,
);

test(
  "examples/port-forward: without a target a client is sent away, and the reason printed",
  async () => {
    await using forwarder = new RunningExample("port-forward", FROM, "unix:/nowhere/at.all");
    using client = await RawPeer.connect({ port: await forwarder.portAfter("forwarding tcp") });
    await client.reset();
    forwarder.terminate();
    const { errors, exitCode } = await forwarder.end();
    expect(errors).toMatch(/^tcp 127\.0\.0\.1:\d+ is sent away: .*\/nowhere\/at\.all/);
    expect(exitCode).toBe(0);
  },
  TEST_LIMIT_MS,
);
