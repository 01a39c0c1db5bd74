import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { datagramClientFromString } from "../../src/endpoints/client-from-string.ts";
import { datagramServerFromString } from "../../src/endpoints/server-from-string.ts";
import { UDPClientEndpoint, UDPServerEndpoint } from "../../src/endpoints/udp-endpoints.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { DNSLookupError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import type { Reactor } from "../../src/reactor/reactor.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { parseErrorOf } from "./parse-error-of.ts";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.transport.write(data, address);
  }
}

/** Says something at once, and records what comes of it. */
class Asking extends DatagramProtocol {
  readonly events: string[] = [];
  readonly #happened = new Map<string, PromiseWithResolvers<void>>();

  override startProtocol(): void {
    this.#record("start");
    this.transport.write("hello");
  }

  override datagramReceived(data: Buffer): void {
    this.#record(data.toString());
  }

  override stopProtocol(): void {
    this.#record("stop");
  }

  override connectionRefused(): void {
    this.#record("refused");
  }

  get host(): string {
    return this.transport.getHost().host;
  }

  /** Resolves when `event` has happened. */
  until(event: string): Promise<void> {
    if (this.events.includes(event)) return Promise.resolve();
    const happening = Promise.withResolvers<void>();
    this.#happened.set(event, happening);
    return happening.promise;
  }

  #record(event: string): void {
    this.events.push(event);
    this.#happened.get(event)?.resolve();
  }
}

for (const [name, make] of [
  ["BunReactor", () => new BunReactor()],
  ["MemoryReactor", () => new MemoryReactor()],
] as const satisfies readonly (readonly [string, () => Reactor])[]) {
  describe(`UDP endpoints on ${name}`, () => {
    test("a client is connected when it starts, and exchanges datagrams with its server", async () => {
      const reactor = make();
      await using server = await new UDPServerEndpoint(reactor).listen(new Echo());
      const { port } = server.host;
      const asking = new Asking();
      const client = new UDPClientEndpoint(reactor, { host: "127.0.0.1", port });
      const opened = await client.connect(asking);
      await asking.until("hello");
      await opened.stopListening();
      expect(asking.events).toEqual(["start", "hello", "stop"]);
    });

    test("a client hears that nobody listens, and stays open", async () => {
      const reactor = make();
      const closed = await new UDPServerEndpoint(reactor).listen(new Echo());
      await closed.stopListening();
      const asking = new Asking();
      const { port } = closed.host;
      const description = `udp:127.0.0.1:${port}`;
      await using _ = await datagramClientFromString(reactor, description).connect(asking);
      await asking.until("refused");
      expect(asking.events).toEqual(["start", "refused"]);
    });
  });
}

describe("UDP endpoints", () => {
  test("a name is looked up, and its first address is the peer", async () => {
    const reactor = new BunReactor();
    using peer = await RawDatagramPeer.open();
    const resolver = async () => ["127.0.0.1", "127.0.0.2"];
    const options = { host: "example.org", port: peer.port, resolver };
    await using _ = await new UDPClientEndpoint(reactor, options).connect(new Asking());
    expect(await peer.receiveText()).toBe("hello");
  });

  test("a name without an address is a DNSLookupError", async () => {
    const options = { host: "example.org", port: 1, resolver: async () => [] };
    const connecting = new UDPClientEndpoint(new MemoryReactor(), options).connect(new Asking());
    const error = await connecting.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DNSLookupError);
    expect(error).toMatchObject({ address: "udp example.org:1" });
  });

  test("bindAddress is where it sends from; one of another family opens and starts nothing", async () => {
    const reactor = new MemoryReactor();
    const asking = new Asking();
    const description = "udp:127.0.0.1:9:bindAddress=127.0.0.5";
    await using _ = await datagramClientFromString(reactor, description).connect(asking);
    expect(asking.host).toBe("127.0.0.5");
    const never = new Asking();
    const wrong = datagramClientFromString(reactor, "udp:127.0.0.1:9:bindAddress=\\:\\:1");
    const error = await wrong.connect(never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidAddressError);
    expect(never.events).toEqual([]);
  });

  test("udp strings serve every IPv4 address unless told", async () => {
    const reactor = new MemoryReactor();
    const everywhere = await datagramServerFromString(reactor, "udp:53").listen(new Echo());
    expect(everywhere.host.toString()).toBe("udp 0.0.0.0:53");
    const here = await datagramServerFromString(reactor, "udp:54:127.0.0.1").listen(new Echo());
    expect(here.host.toString()).toBe("udp 127.0.0.1:54");
  });

  test("a string of another type has no datagrams", () => {
    const reactor = new MemoryReactor();
    const server = parseErrorOf(() => datagramServerFromString(reactor, "tcp:80"));
    expect(server.message).toContain("tcp has no datagrams: udp is needed");
    const client = parseErrorOf(() => datagramClientFromString(reactor, "unix:/x"));
    expect(client.message).toContain("unix has no datagrams: udp is needed");
  });
});
