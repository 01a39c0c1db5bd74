import { expect, test } from "bun:test";
import { RawListener } from "../raw-listener.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

test(
  "examples/line-follower: comes back when the connection was lost, and says again who it is",
  async () => {
    using server = new RawListener();
    const endpoint = `tcp:127.0.0.1:${server.port}`;
    await using follower = new RunningExample("line-follower", endpoint, "Grace");
    const greeting = "Grace listens\n";
    const first = await server.accept();
    expect((await first.receives(greeting.length)).toString()).toBe(greeting);
    await first.send("one\n");
    expect(await follower.line()).toBe("one");
    first.sendRST();
    const second = await server.accept();
    expect((await second.receives(greeting.length)).toString()).toBe(greeting);
    await second.send("two\n");
    expect(await follower.line()).toBe("two");
    follower.terminate();
    await second.end();
    second.sendFIN();
    expect((await follower.end()).exitCode).toBe(0);
  },
  TEST_LIMIT_MS,
);
