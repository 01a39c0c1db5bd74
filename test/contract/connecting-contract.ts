import { describe, expect } from "bun:test";
import {
  ConnectBindError,
  ConnectError,
  ConnectingCancelledError,
  ConnectionRefusedError,
  DNSLookupError,
  NoProtocol,
  TimeoutError,
} from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  contractTest,
  type ContractSkips,
  factoryOf,
  type MakeEnvironment,
  portOf,
  rejection,
} from "./contract-environment.ts";

/** Counts what it is asked, and never has to build anything. */
class CountingFactory extends Factory<RecordingProtocol> {
  readonly calls: string[] = [];

  constructor() {
    super((peer) => {
      this.calls.push(`build for ${peer.kind}`);
      return new RecordingProtocol();
    });
  }

  override startFactory(): void {
    this.calls.push("start");
  }

  override stopFactory(): void {
    this.calls.push("stop");
  }
}

/** How connecting fails, and what it leaves behind. */
export function connectingContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: connecting`, () => {
    const test = contractTest(make, skips);

    test("a closed port rejects with ConnectionRefusedError and the address", async (env) => {
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf());
      const number = portOf(port);
      await port.stopListening();
      const factory = new CountingFactory();
      const error = await rejection(reactor.connectTCP({ host, port: number }, factory));
      expect(error).toBeInstanceOf(ConnectionRefusedError);
      expect(error).toMatchObject({ code: "ECONNREFUSED", address: `tcp ${host}:${number}` });
      expect(String(error)).toContain(`${host}:${number}`);
      expect(factory.calls).toEqual(["start", "stop"]);
    });

    test("a name without an address rejects with DNSLookupError", async (env) => {
      const { reactor } = env;
      const options = { host: "no-such-host.invalid", port: 7 };
      const error = await rejection(reactor.connectTCP(options, factoryOf()));
      expect(error).toBeInstanceOf(DNSLookupError);
      expect(String(error)).toContain("no-such-host.invalid");
    });

    test("a name is looked up", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const client = new RecordingProtocol();
      await reactor.connectTCP({ host: "localhost", port: portOf(port) }, factoryOf(client));
      expect(client.connection.getPeer()).toMatchObject({ host, port: portOf(port) });
    });

    test("no answer within the timeout rejects with TimeoutError", async (env) => {
      const { reactor, silent } = env;
      const factory = new CountingFactory();
      const connecting = rejection(reactor.connectTCP({ ...silent, timeoutMs: 40 }, factory));
      await env.passTime(80);
      const error = await connecting;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(String(error)).toContain("40 ms");
      expect(factory.calls).toEqual(["start", "stop"]);
    });

    test("aborting a connect rejects with ConnectingCancelledError", async (env) => {
      const { reactor, silent } = env;
      const factory = new CountingFactory();
      const controller = new AbortController();
      const { signal } = controller;
      const connecting = rejection(reactor.connectTCP({ ...silent, signal }, factory));
      await env.passTime(10);
      const cause = new Error("changed my mind");
      controller.abort(cause);
      const error = await connecting;
      expect(error).toBeInstanceOf(ConnectingCancelledError);
      expect(error).toMatchObject({ cause });
      expect(factory.calls).toEqual(["start", "stop"]);
    });

    test("a signal that has aborted already cancels before anything is tried", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const factory = new CountingFactory();
      const options = { host, port: portOf(port), signal: AbortSignal.abort() };
      const error = await rejection(reactor.connectTCP(options, factory));
      expect(error).toBeInstanceOf(ConnectingCancelledError);
      expect(factory.calls).toEqual([]);
    });

    test("aborting the signal after the connect changes nothing", async (env) => {
      const { reactor, host } = env;
      const controller = new AbortController();
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const options = { host, port: portOf(port), signal: controller.signal };
      const client = await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
      controller.abort();
      client.connection.write("still here");
      await server.receives(10);
    });

    test("buildProtocol returning null rejects with NoProtocol and closes", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const options = { host, port: portOf(port) };
      const error = await rejection(reactor.connectTCP(options, new Factory(() => null)));
      expect(error).toBeInstanceOf(NoProtocol);
      await server.lost();
    });

    test("buildProtocol throwing is logged, and the cause of a ConnectError", async (env) => {
      const { reactor, host, logger } = env;
      const cause = new Error("no idea");
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      const factory = new Factory<RecordingProtocol>(() => {
        throw cause;
      });
      const error = await rejection(reactor.connectTCP({ host, port: portOf(port) }, factory));
      expect(error).toBeInstanceOf(ConnectError);
      expect(error).toMatchObject({ cause });
      expect(logger.errors).toEqual([cause]);
    });

    test("a port out of range is refused", async (env) => {
      const { reactor, host } = env;
      for (const port of [-1, 65_536, 1.5]) {
        const error = await rejection(reactor.connectTCP({ host, port }, factoryOf()));
        expect(error).toBeInstanceOf(Error);
        expect(String(error)).toContain(String(port));
      }
    });

    test("bindAddress is where the connection comes from", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const bindAddress = { host: "127.0.0.9" };
      const options = { host, port: portOf(port), bindAddress };
      await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
      await server.until(() => server.events.length > 0);
      expect(server.connection.getPeer()).toMatchObject(bindAddress);
    });

    test("a bindAddress that is not ours rejects with ConnectBindError", async (env) => {
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      const options = { host, port: portOf(port), bindAddress: { host: "192.0.2.1" } };
      const error = await rejection(reactor.connectTCP(options, factoryOf()));
      expect(error).toBeInstanceOf(ConnectBindError);
    });

    test("a UNIX path where nobody listens rejects with its ConnectError", async (env) => {
      const { reactor, path } = env;
      const error = await rejection(reactor.connectUNIX({ path }, factoryOf()));
      expect(error).toBeInstanceOf(ConnectError);
      expect(String(error)).toContain(path);
    });

    test("a connect uses its factory until the connection has ended", async (env) => {
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      const factory = new CountingFactory();
      const client = await reactor.connectTCP({ host, port: portOf(port) }, factory);
      expect(factory.calls).toEqual(["start", "build for tcp"]);
      client.connection.abortConnection();
      await client.lost();
      expect(factory.calls).toEqual(["start", "build for tcp", "stop"]);
    });

    test("a bad port number is an InvalidAddressError for listening too", async (env) => {
      const { reactor, host } = env;
      const error = await rejection(reactor.listenTCP({ host, port: 70_000 }, factoryOf()));
      expect(error).toBeInstanceOf(InvalidAddressError);
    });
  });
}
