import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Int32StringReceiver } from "../../src/protocols/int-string-receiver.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { sendFile } from "../../src/protocols/send-file.ts";
import { StreamProtocol } from "../../src/protocols/stream-protocol.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { RawPeer } from "../raw-peer.ts";

/** Serves what `build` makes to one raw peer. */
async function withPeer(
  build: () => Protocol,
  converse: (peer: RawPeer) => Promise<void>,
): Promise<void> {
  const reactor = new BunReactor();
  await using port = await reactor.listenTCP({ port: 0 }, new Factory(build));
  if (!(port.host instanceof InternetAddress)) throw new Error("Listens somewhere else");
  using peer = await RawPeer.connect({ port: port.host.port });
  await converse(peer);
}

class Lines extends LineReceiver {
  override delimiter = "\n";

  override lineReceived(line: Buffer): void {
    if (line.toString() === "quit") return this.transport.loseConnection();
    this.sendLine(`<${line}>`);
  }
}

class Strings extends Int32StringReceiver {
  override maxLength = 2 ** 20;

  override stringReceived(string: Buffer): void {
    this.sendString(string);
  }
}

async function upperCase(stream: StreamProtocol): Promise<void> {
  for (let line = await stream.readLine(); line !== null; line = await stream.readLine()) {
    stream.write(`${line.toString().toUpperCase()}\n`);
    await stream.drained();
  }
}

describe("Over a socket", () => {
  test("a LineReceiver answers each line, and stops in mid-chunk", () =>
    withPeer(
      () => new Lines(),
      async (peer) => {
        await peer.send("one\ntwo\nquit\nthree\n");
        expect((await peer.end()).toString()).toBe("<one>\n<two>\n");
      },
    ));

  test("an Int32StringReceiver gives a large string back", () =>
    withPeer(
      () => new Strings(),
      async (peer) => {
        const string = Buffer.concat([Buffer.from("00100000", "hex"), Buffer.alloc(2 ** 20, "x")]);
        const sent = peer.send(string);
        expect((await peer.receives(string.length)).equals(string)).toBe(true);
        await sent;
      },
    ));

  test("a StreamProtocol serves lines until the peer has finished, the last without an end", () =>
    withPeer(
      () => new StreamProtocol(upperCase),
      async (peer) => {
        await peer.send("one\r\ntwo\nthree");
        peer.sendFIN();
        expect((await peer.end()).toString()).toBe("ONE\nTWO\nTHREE\n");
      },
    ));

  test("a StreamProtocol that drains holds little for a peer that reads late, and loses nothing", () => {
    let mostBuffered = 0;
    async function echo(stream: StreamProtocol): Promise<void> {
      for await (const data of stream) {
        stream.write(data);
        mostBuffered = Math.max(mostBuffered, stream.connection.bufferedAmount);
        await stream.drained();
      }
    }
    return withPeer(
      () => new StreamProtocol(echo),
      async (peer) => {
        peer.stopReading();
        const data = Buffer.alloc(2 ** 24, "0123456789");
        const sent = peer.send(data);
        peer.readOn();
        expect((await peer.receives(data.length)).equals(data)).toBe(true);
        await sent;
        // The high-water mark, and one read of the socket on top.
        expect(mostBuffered).toBeLessThan(65_536 + 2 ** 19 + 1);
      },
    );
  });

  test("sendFile sends 16 MiB, and loseConnection right behind it loses none of them", () => {
    const content = Buffer.alloc(2 ** 24, "0123456789");
    return withPeer(
      () =>
        new StreamProtocol(async ({ connection }) => {
          const sent = sendFile(connection, new Blob([content]));
          connection.loseConnection();
          expect(await sent).toBe(content.length);
        }),
      async (peer) => {
        expect((await peer.end()).equals(content)).toBe(true);
      },
    );
  });

  test("a StreamProtocol is an echo when its readable is piped into its writable", () =>
    withPeer(
      () => new StreamProtocol((stream) => stream.readable.pipeTo(stream.writable)),
      async (peer) => {
        const data = Buffer.alloc(2 ** 20, "abc");
        await peer.send(data);
        peer.sendFIN();
        expect((await peer.end()).equals(data)).toBe(true);
      },
    ));
});
