import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const MESSAGE = Buffer.alloc(1_000_000, "message ");

/** Writes the message, and closes. */
const sending = () =>
  new RecordingProtocol({
    connectionMade: ({ connection }) => {
      connection.write(MESSAGE);
      connection.loseConnection();
    },
  });

describe("TLS: the peer's end while reading is paused", () => {
  for (const aware of [false, true]) {
    const name = aware ? "a half-close aware protocol" : "any other protocol";
    test(`${name} gets all that came before it, however often it pauses`, async () => {
      const reactor = new BunReactor();
      await using port = await reactor.listenTCP({ tls: LOCALHOST }, new Factory(sending));
      const client = new RecordingProtocol({
        dataReceived: ({ connection }) => {
          connection.pauseProducing();
          reactor.callLater(1, () => connection.resumeProducing());
        },
        ...(aware ? { readConnectionLost: (me) => me.connection.loseConnection() } : {}),
      });
      const tls = { serverName: "localhost", authorities: TEST_AUTHORITY };
      const where = { host: "127.0.0.1", port: port.host.port, tls };
      await reactor.connectTCP(where, new Factory(() => client));
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(client.received.equals(MESSAGE)).toBe(true);
    });
  }
});
