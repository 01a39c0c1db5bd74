import { describe, expect } from "bun:test";
import { ConnectionClosedError } from "../../src/reactor/close-reason.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  connectAndLose,
  contractTest,
  type ContractSkips,
  factoryOf,
  type MakeEnvironment,
  pattern,
  portOf,
} from "./contract-environment.ts";

/** What a connection does between its first callback and its last. */
export function connectionContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: connections`, () => {
    const test = contractTest(make, skips);

    test("connectionMade comes first, connectionLost last, each once", async (env) => {
      const client = new RecordingProtocol({ connectionMade: (me) => me.connection.write("hi") });
      const server = new RecordingProtocol({
        dataReceived: (me, data) => {
          me.connection.write(data);
          me.connection.loseConnection();
        },
      });
      await connect(env, client, server);
      await Promise.all([client.lost(), server.lost()]);
      expect(client.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
      expect(server.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    });

    test("connectTCP resolves with the protocol after its connectionMade", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const made = await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
      expect(made).toBe(client);
      expect(client.events).toEqual(["connectionMade"]);
    });

    test("what is written in connectionMade reaches the peer, in both directions", async (env) => {
      const client = new RecordingProtocol({
        connectionMade: (me) => me.connection.write("from a"),
      });
      const server = new RecordingProtocol({
        connectionMade: (me) => me.connection.write("from b"),
      });
      await connect(env, client, server);
      await Promise.all([client.receives(6), server.receives(6)]);
      expect(server.received.toString()).toBe("from a");
      expect(client.received.toString()).toBe("from b");
    });

    test("bytes arrive in the order they were written, however they were written", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      const bytes = pattern(300_000);
      let sent = 0;
      for (const size of [1, 2, 1000, 16_384, 16_385, 7, 100_000, 3]) {
        client.connection.write(bytes.subarray(sent, sent + size));
        sent += size;
      }
      client.connection.writeSequence([bytes.subarray(sent, sent + 5), bytes.subarray(sent + 5)]);
      await server.receives(bytes.length);
      expect(server.received.equals(bytes)).toBe(true);
    });

    test("a string is sent as UTF-8, and nothing else but bytes is taken", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      expect(() => client.connection.write(5 as never)).toThrow(TypeError);
      expect(() => client.connection.write("\udc00")).toThrow("lone surrogate");
      client.connection.write("Grüße");
      await server.receives(7);
      expect(server.received.toString()).toBe("Grüße");
    });

    test("in immediate mode the same bytes arrive", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server, { writeMode: "immediate" });
      const bytes = pattern(500_000);
      for (let start = 0; start < bytes.length; start += 5000) {
        client.connection.write(bytes.subarray(start, start + 5000));
      }
      await server.receives(bytes.length);
      expect(server.received.equals(bytes)).toBe(true);
      expect(client.connection.stats.bytesSent).toBe(bytes.length);
    });

    test("an error in dataReceived is logged and ends that connection alone", async (env) => {
      const error = new Error("bad input");
      const failing = new RecordingProtocol({
        dataReceived: () => {
          throw error;
        },
      });
      const other = new RecordingProtocol({
        dataReceived: (me, data) => me.connection.write(data),
      });
      const [first, second] = [new RecordingProtocol(), new RecordingProtocol()];
      const { reactor, host, logger } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(failing, other));
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(first));
      await failing.until(() => failing.events.length > 0);
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(second));
      first.connection.write("x");
      expect(await failing.lost()).toEqual({ kind: "lost", cause: error });
      expect((await first.lost()).kind).toBe("lost");
      second.connection.write("still here");
      await second.receives(10);
      expect(logger.errors).toEqual([error]);
    });

    test("an error in connectionMade ends the connection with that cause", async (env) => {
      const error = new Error("cannot start");
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: () => {
          throw error;
        },
      });
      const port = await env.reactor.listenTCP({ host: env.host }, factoryOf(server));
      await connectAndLose(env, port, client);
      expect(await server.lost()).toEqual({ kind: "lost", cause: error });
      expect(server.events).toEqual(["connectionMade", "connectionLost"]);
      expect(env.logger.errors).toEqual([error]);
    });

    test("an error in connectionLost is logged, and that is all", async (env) => {
      const error = new Error("cannot end");
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionLost: () => {
          throw error;
        },
      });
      const port = await connect(env, client, server);
      client.connection.loseConnection();
      await Promise.all([client.lost(), server.lost()]);
      expect(env.logger.errors).toEqual([error]);
      expect(port.connections.size).toBe(0);
    });

    test("setKeepAlive refuses a delay that the system cannot wait", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      const { connection } = client;
      for (const delayMs of [-1, Number.NaN, 32_767_001]) {
        expect(() => connection.setKeepAlive(true, delayMs)).toThrow(RangeError);
      }
      expect(() => connection.setKeepAlive(true, "5" as never)).toThrow(
        'setKeepAlive: delayMs is "5"; a number from 0 to 32767000 is needed',
      );
      connection.setKeepAlive(true);
    });

    test("a callback whose promise rejects counts as one that throws", async (env) => {
      const error = new Error("later");
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        dataReceived: async () => {
          throw error;
        },
      });
      await connect(env, client, server);
      client.connection.write("x");
      expect(await server.lost()).toEqual({ kind: "lost", cause: error });
      expect(env.logger.errors).toEqual([error]);
    });

    test("while paused neither data nor connectionLost comes, then both in order", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: (me) => me.connection.pauseProducing(),
      });
      await connect(env, client, server);
      client.connection.write("late");
      client.connection.loseConnection();
      await env.passTime(50);
      expect(server.events).toEqual(["connectionMade"]);
      server.connection.resumeProducing();
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(server.received.toString()).toBe("late");
      expect(server.events).toEqual(["connectionMade", "dataReceived", "connectionLost"]);
    });

    test("a reset while paused is reported after resume, behind the data", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: (me) => me.connection.pauseProducing(),
      });
      await connect(env, client, server);
      client.connection.write("last words");
      await env.passTime(20);
      client.connection.abortConnection();
      await env.passTime(50);
      expect(server.events).toEqual(["connectionMade"]);
      server.connection.resumeProducing();
      expect((await server.lost()).kind).toBe("lost");
      expect(server.received.toString()).toBe("last words");
    });

    test("after the end every method of the transport does nothing", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      const { connection } = client;
      const [peer, ours] = [connection.getPeer(), connection.getHost()];
      connection.abortConnection();
      await client.lost();
      expect(connection.write("x")).toBe(false);
      expect(connection.writeSequence(["x", "y"])).toBe(false);
      connection.loseConnection({ timeoutMs: 1 });
      connection.loseWriteConnection();
      connection.abortConnection();
      connection.pauseProducing();
      connection.resumeProducing();
      connection.unregisterProducer();
      connection.setNoDelay(true);
      connection.setKeepAlive(true, 1000);
      expect(connection.getPeer()).toBe(peer);
      expect(connection.getHost()).toBe(ours);
      await expect(connection.drained()).rejects.toBeInstanceOf(ConnectionClosedError);
      await server.lost();
      expect(client.events).toEqual(["connectionMade", "connectionLost"]);
    });

    test("switchProtocol starts the next protocol, the old hears no more", async (env) => {
      const next = new RecordingProtocol();
      const first = new RecordingProtocol({
        dataReceived: (me, data) => me.connection.switchProtocol(next, data.subarray(1)),
      });
      const client = new RecordingProtocol();
      await connect(env, client, first);
      client.connection.write("abc");
      await next.receives(2);
      client.connection.write("de");
      await next.receives(4);
      client.connection.loseConnection();
      expect(await next.lost()).toEqual({ kind: "done" });
      expect(next.received.toString()).toBe("bcde");
      expect(first.events).toEqual(["connectionMade", "dataReceived"]);
    });

    test("stats count the bytes of both directions", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({ dataReceived: (me) => me.connection.write("answer") });
      await connect(env, client, server);
      client.connection.write("question");
      await client.receives(6);
      expect(client.connection.stats).toMatchObject({ bytesSent: 8, bytesReceived: 6 });
      expect(server.connection.stats).toMatchObject({ bytesSent: 6, bytesReceived: 8 });
    });
  });
}
