import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { clientFromString } from "../../src/endpoints/client-from-string.ts";
import { quoteStringArgument } from "../../src/endpoints/endpoint-string.ts";
import { TLSClientEndpoint } from "../../src/endpoints/tls-endpoints.ts";
import { ConnectingCancelledError, TimeoutError } from "../../src/reactor/connect-error.ts";
import type { StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Discard } from "../../src/protocols/discard.ts";

const DISCARD = Factory.forProtocol(Discard);

/** A server that accepts, and never answers a handshake. */
function listenInClear(reactor: BunReactor) {
  return reactor.listenTCP({}, DISCARD);
}

describe("TLS clients: the time to connect", () => {
  const clients: readonly [name: string, make: (r: BunReactor, port: number) => unknown][] = [
    [
      "TLSClientEndpoint",
      (r, port) => new TLSClientEndpoint(r, { host: "127.0.0.1", port, timeoutMs: 50 }),
    ],
    ["tls:", (r, port) => clientFromString(r, `tls:127.0.0.1:${port}:timeout=0.05`)],
    ["ssl:", (r, port) => clientFromString(r, `ssl:127.0.0.1:${port}:timeout=0.05`)],
    [
      "tls: over another endpoint",
      (r, port) => {
        const over = quoteStringArgument(`tcp:127.0.0.1:${port}`);
        return clientFromString(r, `tls:127.0.0.1:${port}:timeout=0.05:endpoint=${over}`);
      },
    ],
  ];

  for (const [name, make] of clients) {
    test(`${name}: the timeout is for the handshake too`, async () => {
      const reactor = new BunReactor();
      await using server = await listenInClear(reactor);
      const { port } = server.host;
      const endpoint = make(reactor, port) as StreamClientEndpoint;
      const error: unknown = await endpoint.connect(DISCARD).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(String(error)).toEndWith(
        `Cannot connect to tcp 127.0.0.1:${port}: no answer within 50 ms`,
      );
    });
  }

  test("a signal ends the connect as before, with its reason as the cause", async () => {
    const reactor = new BunReactor();
    await using server = await listenInClear(reactor);
    const endpoint = new TLSClientEndpoint(reactor, { host: "127.0.0.1", port: server.host.port });
    const signal = AbortSignal.abort("no longer needed");
    const error: unknown = await endpoint.connect(DISCARD, { signal }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectingCancelledError);
    expect(error).toMatchObject({ cause: "no longer needed" });
  });
});
