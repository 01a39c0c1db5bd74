import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { clientFromString } from "../../src/endpoints/client-from-string.ts";
import { connectProtocol } from "../../src/endpoints/connect-protocol.ts";
import { quoteStringArgument } from "../../src/endpoints/endpoint-string.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { TCP6ServerEndpoint, TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { UNIXClientEndpoint, UNIXServerEndpoint } from "../../src/endpoints/unix-endpoints.ts";
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import {
  ConnectingCancelledError,
  DNSLookupError,
  NoProtocol,
  TimeoutError,
} from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { abstractName } from "../bun/live-connection.ts";
import { hasIPv6 } from "../bun/ipv6-support.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const RECORDING = Factory.forProtocol(RecordingProtocol);

describe("endpoints from strings", () => {
  test("tcp listens at every IPv4 address unless told, and at port and interface as told", async () => {
    const reactor = new MemoryReactor();
    const everywhere = await serverFromString(reactor, "tcp:80").listen(RECORDING);
    expect(everywhere.host.toString()).toBe("tcp 0.0.0.0:80");
    const here = await serverFromString(reactor, "tcp:81:127.0.0.1").listen(RECORDING);
    expect(here.host.toString()).toBe("tcp 127.0.0.1:81");
  });

  test("tcp6 listens at every address", async () => {
    const port = await serverFromString(new MemoryReactor(), "tcp6:80").listen(RECORDING);
    expect(port.host.toString()).toBe("tcp [::]:80");
  });

  test("a tcp client connects to an address, and gives up after its timeout in seconds", async () => {
    const reactor = new MemoryReactor();
    await serverFromString(reactor, "tcp:80").listen(RECORDING);
    const client = await clientFromString(reactor, "tcp:127.0.0.1:80").connect(RECORDING);
    expect(client.connection.getPeer().toString()).toBe("tcp 127.0.0.1:80");
    reactor.swallow("127.0.0.1", 81);
    const connecting = clientFromString(reactor, "tcp:127.0.0.1:81:timeout=0.5").connect(RECORDING);
    const failure = connecting.catch((error: unknown) => error);
    reactor.advance(499);
    expect(reactor.clock.pending).toBe(1);
    reactor.advance(1);
    expect(await failure).toBeInstanceOf(TimeoutError);
  });

  test("bindAddress is where a tcp client connects from", async () => {
    const reactor = new MemoryReactor();
    const server = new RecordingProtocol();
    await reactor.listenTCP({ port: 80 }, new Factory(() => server));
    const description = "tcp:127.0.0.1:80:bindAddress=127.0.0.9";
    await clientFromString(reactor, description).connect(RECORDING);
    expect((server.connection.getPeer() as InternetAddress).host).toBe("127.0.0.9");
  });

  test("unix serves a path with its permissions", async () => {
    const reactor = new MemoryReactor();
    const path = "/run/a:b=c";
    const description = `unix:${quoteStringArgument(path)}:mode=600`;
    const port = await serverFromString(reactor, description).listen(RECORDING);
    expect(port.host).toMatchObject({ kind: "unix", path });
    const client = clientFromString(reactor, `unix:${quoteStringArgument(path)}`);
    expect(await client.connect(RECORDING)).toBeInstanceOf(RecordingProtocol);
  });

  test("a name is looked up by the system: localhost has an address", async () => {
    const reactor = new BunReactor();
    await using port = await reactor.listenTCP({}, RECORDING);
    const description = `tcp:localhost:${port.host.port}`;
    const client = await clientFromString(reactor, description).connect(RECORDING);
    expect(client.connection.getPeer()).toMatchObject({ port: port.host.port });
    client.connection.abortConnection();
  });

  test("a name that cannot be is a DNSLookupError", async () => {
    const connecting = clientFromString(new BunReactor(), "tcp:no.such.invalid:80");
    const error = await connecting.connect(RECORDING).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DNSLookupError);
    expect(error).toMatchObject({ address: "tcp no.such.invalid:80" });
  });

  test("a backlog that the string has is set, and none is needed where libc is not", async () => {
    const reactor = new BunReactor();
    await using port = await serverFromString(reactor, "tcp:0:127.0.0.1:7").listen(RECORDING);
    expect(port.host).toMatchObject({ host: "127.0.0.1" });
    using _ = replaceLibc(loadLibc(["no-such-library"]));
    await using plain = await serverFromString(reactor, "tcp:0:127.0.0.1").listen(RECORDING);
    expect(plain.host).toMatchObject({ host: "127.0.0.1" });
    const chosen = serverFromString(reactor, "tcp:0:127.0.0.1:50").listen(RECORDING);
    expect(await chosen.catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
  });
});

describe("endpoints", () => {
  test("each listen of a TCPServerEndpoint opens a port of its own, at 127.0.0.1 unless told", async () => {
    const endpoint = new TCPServerEndpoint(new MemoryReactor());
    const [one, another] = [await endpoint.listen(RECORDING), await endpoint.listen(RECORDING)];
    expect(one.host).toMatchObject({ host: "127.0.0.1" });
    expect(one.host.port).not.toBe(another.host.port);
  });

  test("a TCP6ServerEndpoint is at ::1 unless told, and takes no IPv4 address", async () => {
    const reactor = new MemoryReactor();
    const port = await new TCP6ServerEndpoint(reactor, { port: 80 }).listen(RECORDING);
    expect(port.host.toString()).toBe("tcp [::1]:80");
    expect(() => new TCP6ServerEndpoint(reactor, { host: "127.0.0.1" })).toThrow(
      InvalidAddressError,
    );
  });

  test.skipIf(!hasIPv6)("tcp6 takes IPv4 too, over real sockets (needs ::1)", async () => {
    const reactor = new BunReactor();
    await using port = await serverFromString(reactor, "tcp6:0").listen(RECORDING);
    const { port: number } = port.host as InternetAddress;
    for (const host of ["127.0.0.1", "\\:\\:1"]) {
      const client = await clientFromString(reactor, `tcp:${host}:${number}`).connect(RECORDING);
      client.connection.abortConnection();
    }
  });

  test("a UNIX endpoint works over real sockets", async () => {
    const reactor = new BunReactor();
    const path = abstractName();
    await using port = await new UNIXServerEndpoint(reactor, { path }).listen(RECORDING);
    expect(port.host.path).toBe(path);
    const client = await new UNIXClientEndpoint(reactor, { path }).connect(RECORDING);
    client.connection.abortConnection();
  });

  test("a signal cancels the connect of every kind of client", async () => {
    const reactor = new MemoryReactor();
    reactor.swallow("10.0.0.1");
    reactor.names.set("example.org", ["10.0.0.1"]);
    for (const description of ["tcp:10.0.0.1:80", "unix:/run/x"]) {
      const stop = new AbortController();
      const { signal } = stop;
      const connecting = clientFromString(reactor, description).connect(RECORDING, { signal });
      stop.abort();
      const error = await connecting.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConnectingCancelledError);
    }
  });

  test("connectProtocol resolves with the protocol that it was given, and takes it once", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenTCP({ port: 80 }, RECORDING);
    const protocol = new RecordingProtocol();
    const endpoint = clientFromString(reactor, "tcp:127.0.0.1:80");
    expect(await connectProtocol(endpoint, protocol)).toBe(protocol);
    expect(protocol.events).toEqual(["connectionMade"]);
  });

  test("a factory that refuses is NoProtocol", async () => {
    const reactor = new MemoryReactor();
    await reactor.listenTCP({ port: 80 }, RECORDING);
    const endpoint = clientFromString(reactor, "tcp:127.0.0.1:80");
    const connecting = endpoint.connect(new Factory(() => null));
    expect(await connecting.catch((error: unknown) => error)).toBeInstanceOf(NoProtocol);
  });
});
