import { describe, expect } from "bun:test";
import { type Address, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  connectAndLose,
  contractTest,
  type ContractSkips,
  factoryOf,
  type MakeEnvironment,
  portOf,
  rejection,
} from "./contract-environment.ts";

/** What listening ports do, and how they end. */
export function portContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: ports`, () => {
    const test = contractTest(make, skips);

    test("port 0 gives a real port, which two ports never share", async (env) => {
      const { reactor, host } = env;
      const first = await reactor.listenTCP({ host }, factoryOf());
      const second = await reactor.listenTCP({ host, port: 0 }, factoryOf());
      expect(portOf(first)).toBeGreaterThan(0);
      expect(portOf(second)).not.toBe(portOf(first));
      expect(first.host.equals(new InternetAddress("tcp", host, portOf(first)))).toBe(true);
    });

    test("a busy port rejects with CannotListenError that names host and port", async (env) => {
      const { reactor, host } = env;
      const first = await reactor.listenTCP({ host }, factoryOf());
      const factory = factoryOf();
      const error = await rejection(reactor.listenTCP({ host, port: portOf(first) }, factory));
      expect(error).toBeInstanceOf(CannotListenError);
      expect(error).toMatchObject({ code: "EADDRINUSE" });
      expect(String(error)).toContain(`${host}:${portOf(first)}`);
    });

    test("an address of another host rejects with CannotListenError", async (env) => {
      const error = await rejection(env.reactor.listenTCP({ host: "192.0.2.1" }, factoryOf()));
      expect(error).toBeInstanceOf(CannotListenError);
      expect(error).toMatchObject({ code: "EADDRNOTAVAIL" });
    });

    test("a name is no address to listen at", async (env) => {
      const error = await rejection(env.reactor.listenTCP({ host: "localhost" }, factoryOf()));
      expect(error).toBeInstanceOf(InvalidAddressError);
    });

    test("stopListening keeps the old connections, and twice is fine", async (env) => {
      const { reactor, host } = env;
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      const port = await connect(env, client, server);
      await Promise.all([port.stopListening(), port.stopListening()]);
      await port.stopListening();
      const options = { host, port: portOf(port) };
      expect((await rejection(reactor.connectTCP(options, factoryOf()))) instanceof Error).toBe(
        true,
      );
      client.connection.write("still here");
      await server.receives(10);
    });

    test("startListening listens again at the same address", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const number = portOf(port);
      await port.stopListening();
      await port.startListening();
      await port.startListening();
      expect(portOf(port)).toBe(number);
      await reactor.connectTCP({ host, port: number }, factoryOf(new RecordingProtocol()));
      await server.until(() => server.events.length > 0);
    });

    test("a port ends with await using", async (env) => {
      const { reactor, host } = env;
      let number = 0;
      {
        await using port = await reactor.listenTCP({ host }, factoryOf());
        number = portOf(port);
      }
      await reactor.listenTCP({ host, port: number }, factoryOf());
    });

    test("one factory starts once for several ports and stops after the last", async (env) => {
      const calls: string[] = [];
      class Counting extends Factory {
        override startFactory(): void {
          calls.push("start");
        }
        override stopFactory(): void {
          calls.push("stop");
        }
      }
      const factory = new Counting(() => null);
      const { reactor, host } = env;
      const first = await reactor.listenTCP({ host }, factory);
      const second = await reactor.listenTCP({ host }, factory);
      await first.stopListening();
      expect(calls).toEqual(["start"]);
      await second.stopListening();
      expect(calls).toEqual(["start", "stop"]);
    });

    test("an error in startFactory rejects the listen, and nothing is left open", async (env) => {
      const { reactor, host } = env;
      const error = new Error("cannot start");
      class Failing extends Factory {
        override startFactory(): void {
          throw error;
        }
      }
      const first = await reactor.listenTCP({ host }, factoryOf());
      const number = portOf(first);
      await first.stopListening();
      const listening = reactor.listenTCP({ host, port: number }, new Failing(() => null));
      expect(await rejection(listening)).toBe(error);
      await reactor.listenTCP({ host, port: number }, factoryOf());
    });

    test("an error in stopFactory is logged, and what ends ends all the same", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("cannot stop");
      class Failing extends Factory {
        override stopFactory(): void {
          throw error;
        }
      }
      const servers = [new RecordingProtocol(), new RecordingProtocol()];
      const waiting = [...servers];
      const port = await reactor.listenTCP({ host }, new Failing(() => waiting.shift() ?? null));
      const client = new RecordingProtocol();
      const options = { host, port: portOf(port) };
      await reactor.connectTCP(options, new Failing(() => client));
      await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
      client.connection.abortConnection();
      await client.lost();
      await servers[0]?.lost();
      await port.stopListening();
      expect(logger.errors).toEqual([error, error]);
      servers[1]?.connection.loseConnection();
      expect(await servers[1]?.lost()).toEqual({ kind: "done" });
    });

    test("buildProtocol returning null closes the connection uncounted", async (env) => {
      const { reactor, host } = env;
      const peers: Address[] = [];
      const factory = new Factory((peer) => {
        peers.push(peer);
        return null;
      });
      const port = await reactor.listenTCP({ host }, factory);
      const client = new RecordingProtocol();
      await connectAndLose(env, port, client);
      expect(peers.map((peer) => peer.kind)).toEqual(["tcp"]);
      expect(port.connections.size).toBe(0);
    });

    test("buildProtocol throwing is logged, and the port goes on", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("no idea");
      const server = new RecordingProtocol();
      let built = 0;
      const factory = new Factory(() => {
        if (built++ === 0) throw error;
        return server;
      });
      const port = await reactor.listenTCP({ host }, factory);
      const [first, second] = [new RecordingProtocol(), new RecordingProtocol()];
      await connectAndLose(env, port, first);
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(second));
      await server.until(() => server.events.length > 0);
      expect(logger.errors).toEqual([error]);
    });

    test("above maxConnections new connections are refused and counted", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const options = { host, maxConnections: 1 };
      const port = await reactor.listenTCP(options, factoryOf(server, new RecordingProtocol()));
      const [first, second] = [new RecordingProtocol(), new RecordingProtocol()];
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(first));
      await server.until(() => server.events.length > 0);
      await connectAndLose(env, port, second);
      expect(port.stats).toEqual({ accepted: 1, refused: 1, failedHandshakes: 0 });
      expect(port.connections).toEqual(new Set([server.connection]));
      server.connection.loseConnection();
      await Promise.all([first.lost(), server.lost()]);
      expect(port.connections.size).toBe(0);
    });

    test("drain tells every protocol and waits for those that end", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        draining: (me) => {
          me.connection.write("good bye");
          me.connection.loseConnection();
        },
      });
      const port = await connect(env, client, server);
      await port.drain();
      expect(server.events).toEqual(["connectionMade", "draining", "connectionLost"]);
      expect(port.connections.size).toBe(0);
      await client.lost();
      expect(client.received.toString()).toBe("good bye");
    });

    test("drain aborts who is left after its timeout", async (env) => {
      const server = new RecordingProtocol({ draining: noAction });
      const port = await connect(env, new RecordingProtocol(), server);
      const drained = port.drain({ timeoutMs: 30 });
      await env.passTime(60);
      await drained;
      expect(server.reason).toEqual({ kind: "aborted" });
    });

    test("drain aborts who is left when its signal aborts", async (env) => {
      const server = new RecordingProtocol();
      const port = await connect(env, new RecordingProtocol(), server);
      const controller = new AbortController();
      const drained = port.drain({ signal: controller.signal });
      controller.abort();
      await drained;
      expect(server.reason).toEqual({ kind: "aborted" });
    });

    test("both sides know both addresses, over IPv4 and IPv6", async (env) => {
      const { reactor } = env;
      for (const host of [env.host, "::1"]) {
        const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
        const port = await reactor.listenTCP({ host }, factoryOf(server));
        await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
        await server.until(() => server.events.length > 0);
        expect(client.connection.getPeer().equals(port.host)).toBe(true);
        expect(server.connection.getHost().equals(port.host)).toBe(true);
        expect(client.connection.getHost().equals(server.connection.getPeer())).toBe(true);
      }
    });

    test("a dual-stack port shows an IPv4 peer by its plain address", async (env) => {
      const { reactor } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host: "::" }, factoryOf(server));
      const options = { host: env.host, port: portOf(port) };
      await reactor.connectTCP(options, factoryOf(new RecordingProtocol()));
      await server.until(() => server.events.length > 0);
      expect(server.connection.getPeer()).toMatchObject({ family: "IPv4", host: env.host });
      expect(server.connection.getHost()).toMatchObject({ family: "IPv4", host: env.host });
    });

    test("UNIX sockets carry bytes, and the server's address is the path", async (env) => {
      const { reactor, path } = env;
      const server = new RecordingProtocol({
        dataReceived: (me, data) => me.connection.write(data),
      });
      const port = await reactor.listenUNIX({ path }, factoryOf(server));
      const client = new RecordingProtocol();
      await reactor.connectUNIX({ path }, factoryOf(client));
      client.connection.write("over unix");
      await client.receives(9);
      expect(port.host).toEqual(new UNIXAddress(path));
      expect(client.connection.getPeer()).toEqual(new UNIXAddress(path));
      expect(server.connection.getPeer()).toEqual(new UNIXAddress(""));
    });

    test("a UNIX path is busy until stopListening", async (env) => {
      const { reactor, path } = env;
      const port = await reactor.listenUNIX({ path }, factoryOf());
      const error = await rejection(reactor.listenUNIX({ path }, factoryOf()));
      expect(error).toBeInstanceOf(CannotListenError);
      expect(String(error)).toContain(path);
      await port.stopListening();
      await reactor.listenUNIX({ path }, factoryOf());
    });
  });
}
