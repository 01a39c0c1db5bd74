import { describe, expect, test } from "bun:test";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { openDatagrams } from "../bun/live-datagrams.ts";
import { LiveServer } from "../bun/live-server.ts";
import { RecordingDatagrams } from "../bun/recording-datagrams.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";

const NO_LIBC = loadLibc(["no-such-library.so"]);
const WAYS = libcOrNull() === null ? ["without libc"] : ["with libc", "without libc"];

/** A process that sends datagrams to `port` as fast as it can, until the end of its block. */
function flood(port: number): Disposable {
  const program = `${import.meta.dir}/datagram-flood-program.ts`;
  const child = Bun.spawn([process.execPath, program, String(port)]);
  return { [Symbol.dispose]: () => child.kill() };
}

describe.each(WAYS)("BunReactor: a flood of datagrams, %s", (way) => {
  test("is shed and counted; timers and other connections go on, and so does the port", async () => {
    using _libc = way === "without libc" ? replaceLibc(NO_LIBC) : null;
    await using server = await LiveServer.listen({
      dataReceived: ({ connection }, data) => connection.write(data),
    });
    const protocol = new RecordingDatagrams();
    await using live = await openDatagrams(protocol, { receiveBudgetMs: 2 });
    {
      using _flood = flood(live.port.host.port);
      await protocol.receive();
      let rounds = 0;
      while (live.port.stats.shed === 0 || rounds < 20) {
        await new Promise<void>((resolve) => void live.reactor.callLater(1, resolve));
        const { peer } = await server.connection();
        await peer.send("still here");
        await peer.receives(10);
        peer.sendRST();
        rounds++;
      }
    }
    expect(live.port.stats.shed).toBeGreaterThan(0);
    expect(live.port.stats.received).toBeGreaterThan(0);
    using peer = await RawDatagramPeer.open();
    while (!protocol.texts.includes("after the flood")) {
      peer.send("after the flood", live.port.host.port);
      await new Promise<void>((resolve) => void live.reactor.callLater(1, resolve));
    }
    expect(live.logger.reports).toEqual([]);
  }, 20_000);
});
