import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";
import { openConnection } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";

const withoutLibc = libcOrNull() === null;

/** How long the queue of a listening TCP socket is, as ss(8) tells it; null without ss. */
function backlogOf(port: number): number | null {
  if (Bun.which("ss") === null) return null;
  const { stdout } = Bun.spawnSync(["ss", "-ltnH", `sport = :${port}`]);
  return Number(stdout.toString().trim().split(/\s+/)[2]);
}

describe.skipIf(withoutLibc)("BunReactor: socket options (needs libc)", () => {
  test.each(["accepted TCP", "connected TCP"] as const)(
    "%s: options are read and set by name, until the connection has ended",
    async (side) => {
      await using live = await openConnection(side);
      const { connection } = live.protocol;
      expect(connection.getSocketOption("TCP_NODELAY")).toBe(true);
      connection.setNoDelay(false);
      expect(connection.getSocketOption("TCP_NODELAY")).toBe(false);
      connection.setKeepAlive(true, 60_000);
      expect(connection.getSocketOption("SO_KEEPALIVE")).toBe(true);
      expect(connection.getSocketOption("TCP_KEEPIDLE")).toBe(60);
      for (const [delayMs, seconds] of [
        [1, 1],
        [999, 1],
        [1_001, 2],
        [32_767_000, 32_767],
      ] as const) {
        connection.setKeepAlive(true, delayMs);
        expect(connection.getSocketOption("TCP_KEEPIDLE")).toBe(seconds);
      }
      connection.setKeepAlive(false);
      expect(connection.getSocketOption("SO_KEEPALIVE")).toBe(false);
      connection.setSocketOption("TCP_USER_TIMEOUT", 12_345);
      expect(connection.getSocketOption("TCP_USER_TIMEOUT")).toBe(12_345);
      connection.setSocketOption("SO_LINGER", { on: true, seconds: 3 });
      expect(connection.getSocketOption("SO_LINGER")).toEqual({ on: true, seconds: 3 });
      expect(connection.getSocketOption("TCP_INFO").sendMss).toBeGreaterThan(0);
      expect(() => connection.setSocketOption("SO_RCVTIMEO", 1 as never)).toThrow(
        SocketOptionError,
      );
      connection.abortConnection();
      await live.protocol.lost();
      expect(() => connection.getSocketOption("TCP_NODELAY")).toThrow("closed");
    },
  );

  test("a port's options are inherited by its connections", async () => {
    await using server = await LiveServer.listen();
    server.port.setSocketOption("TCP_USER_TIMEOUT", 4_321);
    expect(server.port.getSocketOption("TCP_USER_TIMEOUT")).toBe(4_321);
    expect(server.port.getSocketOption("SO_REUSEADDR")).toBe(true);
    const { protocol } = await server.connection();
    expect(protocol.connection.getSocketOption("TCP_USER_TIMEOUT")).toBe(4_321);
    await server.port.stopListening();
    expect(() => server.port.getSocketOption("SO_REUSEADDR")).toThrow(SocketOptionError);
  });

  // Only the program ss tells how long the queue is.
  test.skipIf(Bun.which("ss") === null)("backlog is how many connections may wait", async () => {
    for (const backlog of [7, 1_000]) {
      await using server = await LiveServer.listen({}, { backlog });
      const { host } = server.port;
      if (host.kind === "unix") throw new Error("A TCP port has a path");
      expect(backlogOf(host.port)).toBe(backlog);
      await server.connection();
    }
  });
});
