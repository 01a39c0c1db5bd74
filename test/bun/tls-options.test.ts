import { describe, expect, test } from "bun:test";
import { checkTLSOptions } from "../../src/bun/tls-options.ts";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { LOCALHOST, TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";
import { RecordingFactory } from "./recording-factory.ts";

/** A mistake, and what is said about it; nothing of a key or passphrase is ever shown. */
const REFUSED: readonly (readonly ["server" | "client", object, string])[] = [
  [
    "server",
    { cert: "pem" },
    'a TLS server: there is no option "cert"; an object with some of side, key',
  ],
  [
    "server",
    { key: Buffer.from("very secret") },
    "key is not shown here and is no string; a string",
  ],
  ["server", { passphrase: 1234 }, "passphrase is not shown here and is no string; a string is"],
  ["server", { certificate: 7 }, "a TLS server: certificate is 7; a string is needed"],
  ["server", { alpnProtocols: "h2" }, 'a TLS server: alpnProtocols is "h2"; an array is needed'],
  [
    "server",
    { alpnProtocols: ["h2", 1] },
    "a TLS server: alpnProtocols[1] is 1; a string is needed",
  ],
  [
    "server",
    { clientCertificate: true },
    'clientCertificate is true; "none" or "optional" or "required"',
  ],
  [
    "server",
    { handshakeTimeoutMs: "1" },
    'a TLS server: handshakeTimeoutMs is "1"; a finite number',
  ],
  [
    "server",
    { serverNames: ["a"] },
    'a TLS server: serverNames: 0: the options are "a"; an object',
  ],
  [
    "server",
    { serverNames: { a: { kye: "" } } },
    'serverNames: a: there is no option "kye"; an object',
  ],
  [
    "client",
    { servername: "a" },
    'a TLS client: there is no option "servername"; an object with some',
  ],
  ["client", { serverName: 7 }, "a TLS client: serverName is 7; a string is needed"],
  ["client", { verify: "no" }, 'a TLS client: verify is "no"; true or false is needed'],
  [
    "client",
    { identity: "pem" },
    'a TLS client: identity: the options are "pem"; an object with some',
  ],
  [
    "client",
    { authorities: ["pem"] },
    "a TLS client: authorities is [ 'pem' ]; a string is needed",
  ],
];

describe("TLS options", () => {
  test.each(REFUSED)("of a %s, %p is refused in one sentence", (side, options, message) => {
    const given = {
      side,
      ...(side === "server" ? LOCALHOST : { authorities: TEST_AUTHORITY }),
      ...options,
    };
    const check = () => checkTLSOptions(given as never);
    expect(check).toThrow(message);
    expect(check).not.toThrow("secret");
    expect(check).not.toThrow("1234");
  });

  test("a side that is none is refused", () => {
    expect(() => checkTLSOptions({ side: "both" } as never)).toThrow(
      'TLS: side is "both"; "server" or "client" is needed',
    );
    expect(() => checkTLSOptions(undefined as never)).toThrow("TLS: side is undefined");
  });

  test("they are checked where they are given: by listenTCP, connectTCP and reloadTLS", async () => {
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    const bad = { ...LOCALHOST, prot: 1 } as never;
    await expect(reactor.listenTCP({ tls: bad }, factory)).rejects.toThrow('no option "prot"');
    const target = { host: "127.0.0.1", port: 9 };
    const tls = { verfy: false } as never;
    await expect(reactor.connectTCP({ ...target, tls }, factory)).rejects.toThrow('"verfy"');
    await using port = await reactor.listenTCP({ tls: LOCALHOST }, factory);
    expect(() => port.reloadTLS(bad)).toThrow('no option "prot"');
  });
});
