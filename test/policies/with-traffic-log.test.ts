import { describe, expect, test } from "bun:test";
import { type TrafficLogPolicy, withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { ECHO, PolicedServer } from "./policed-server.ts";

async function logged(options: Omit<TrafficLogPolicy, "sink"> = {}) {
  const lines: string[] = [];
  const policed = new PolicedServer(
    (factory) => withTrafficLog(factory, { sink: (line) => lines.push(line), ...options }),
    ECHO,
  );
  const client = await policed.connect();
  const withoutPeer = () => lines.map((line) => line.replace(/^tcp 127\.0\.0\.1:\d+ /, ""));
  return { policed, client, lines: withoutPeer };
}

describe("withTrafficLog", () => {
  test("writes down what comes and goes, and how it ended", async () => {
    const { policed, client, lines } = await logged();
    client.connection.write("hello\r\n");
    policed.reactor.flush();
    client.connection.loseConnection();
    policed.reactor.flush();
    expect(lines()).toEqual([
      "connected",
      '< 7 bytes "hello\\r\\n"',
      '> 7 bytes "hello\\r\\n"',
      "done",
    ]);
  });

  test("shows no more of a chunk than maxBytes, and says how much it left out", async () => {
    const { policed, client, lines } = await logged({ maxBytes: 4 });
    client.connection.write("0123456789");
    policed.reactor.flush();
    expect(lines()[1]).toBe('< 10 bytes "0123" and 6 bytes more');
  });

  test("escapes what is not printable, so that a line stays a line", async () => {
    const { policed, client, lines } = await logged();
    client.connection.write(Buffer.from('"\\\0\x7fü\n'));
    policed.reactor.flush();
    expect(lines()[1]).toBe('< 7 bytes "\\"\\\\\\x00\\x7f\\xc3\\xbc\\n"');
  });

  test("shows bytes as hexadecimal pairs where that is told", async () => {
    const { policed, client, lines } = await logged({ format: "hex", maxBytes: 3 });
    client.connection.write(Buffer.of(0, 0xff, 0x41, 0x42));
    policed.reactor.flush();
    expect(lines()[1]).toBe("< 4 bytes 00 ff 41 and 1 bytes more");
  });

  test("a sink that fails keeps nobody from hearing of the end", async () => {
    const logger = new MemoryLogger();
    const fault = new Error("no space left on device");
    const sink = (line: string) => {
      if (!line.endsWith("connected")) throw fault;
    };
    const policed = new PolicedServer(
      (factory) => withTrafficLog(factory, { sink }),
      {},
      { logger },
    );
    const client = await policed.connect();
    client.connection.write("hello");
    policed.reactor.flush();
    expect(policed.server.reason).toEqual({ kind: "lost", cause: fault });
    expect(policed.server.receivedBytes).toBe(0);
    expect(logger.errors).toEqual([fault, fault]);
  });

  test("a sink that fails at once ends a connection whose protocol was told of it first", async () => {
    const fault = new Error("no space left on device");
    const failing = [
      () => {
        throw fault;
      },
      () => Promise.reject(fault),
    ];
    for (const sink of failing) {
      const policed = new PolicedServer(
        (factory) => withTrafficLog(factory, { sink }),
        {},
        { logger: new MemoryLogger() },
      );
      await policed.connect();
      expect(await policed.server.lost()).toEqual({ kind: "lost", cause: fault });
      expect(policed.server.events).toEqual(["connectionMade", "connectionLost"]);
    }
  });

  test("a sink that fails at a write ends the connection, and not who writes", async () => {
    const fault = new Error("no space left on device");
    const sink = (line: string) => {
      if (line.includes(" > ")) throw fault;
    };
    const policed = new PolicedServer(
      (factory) => withTrafficLog(factory, { sink }),
      {},
      { logger: new MemoryLogger() },
    );
    const client = await policed.connect();
    expect(policed.server.connection.write("hello")).toBe(false);
    policed.reactor.flush();
    expect(policed.server.reason).toEqual({ kind: "lost", cause: fault });
    expect(client.receivedBytes).toBe(0);
  });

  for (const maxBytes of [-1, Number.NaN, 1.5]) {
    test(`a maxBytes of ${maxBytes} is refused`, () => {
      const make = () => withTrafficLog(new Factory(), { sink: () => {}, maxBytes });
      expect(make).toThrow(`maxBytes of ${maxBytes}`);
    });
  }
});
