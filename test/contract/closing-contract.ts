import { describe, expect } from "bun:test";
import { noAction, RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  contractTest,
  type ContractSkips,
  type MakeEnvironment,
  pattern,
} from "./contract-environment.ts";

/** A producer that counts how often it was told what. */
class IdleProducer {
  readonly calls: string[] = [];

  resumeProducing(): void {
    this.calls.push("resume");
  }

  pauseProducing(): void {
    this.calls.push("pause");
  }

  stopProducing(): void {
    this.calls.push("stop");
  }
}

/** How connections end: in order, at once, and by halves. */
export function closingContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: closing`, () => {
    const test = contractTest(make, skips);

    test("loseConnection sends all that was written, and both sides end as done", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      const bytes = pattern(4 << 20);
      server.connection.write(bytes);
      server.connection.loseConnection();
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(client.received.equals(bytes)).toBe(true);
    });

    test("after loseConnection no data is delivered", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: (me) => {
          me.connection.write("bye");
          me.connection.loseConnection();
        },
      });
      await connect(env, client, server);
      client.connection.write("anybody there?");
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(client.received.toString()).toBe("bye");
      expect(server.events).toEqual(["connectionMade", "connectionLost"]);
    });

    test("what is written after loseConnection is dropped", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      server.connection.write("kept");
      server.connection.loseConnection();
      expect(server.connection.write("dropped")).toBe(false);
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(client.received.toString()).toBe("kept");
    });

    test("loseConnection waits for a registered producer, which may still write", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      server.connection.registerProducer(new IdleProducer(), true);
      server.connection.loseConnection();
      await env.passTime(20);
      expect(client.events).toEqual(["connectionMade"]);
      server.connection.write("tail");
      server.connection.unregisterProducer();
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(client.received.toString()).toBe("tail");
    });

    test("connectionLost is never called inside a call of the protocol's own", async (env) => {
      for (const verb of ["abortConnection", "loseConnection"] as const) {
        const client = new RecordingProtocol({ readConnectionLost: noAction });
        const server = new RecordingProtocol();
        const port = await connect(env, client, server);
        server.connection.loseWriteConnection();
        await client.until(() => client.events.length > 1);
        client.calling(() => client.connection[verb]());
        expect(client.calledInside).toEqual([]);
        await client.lost();
        await server.lost();
        await port.stopListening();
      }
    });

    test("abortConnection ends as aborted, and as lost for the peer", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      client.connection.write(pattern(8 << 20));
      client.connection.abortConnection();
      client.connection.abortConnection();
      client.connection.loseConnection();
      expect(await client.lost()).toEqual({ kind: "aborted" });
      expect(await server.lost()).toMatchObject({ kind: "lost", cause: { code: "ECONNRESET" } });
      expect(server.receivedBytes).toBeLessThan(8 << 20);
      expect(client.events).toEqual(["connectionMade", "connectionLost"]);
    });

    test("abort, lose and a reset at once give one connectionLost on each side", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      server.connection.write("x");
      client.connection.loseConnection();
      client.connection.abortConnection();
      server.connection.loseConnection();
      server.connection.abortConnection();
      await Promise.all([client.lost(), server.lost()]);
      await env.passTime(20);
      const lostCount = (p: RecordingProtocol) =>
        p.events.filter((event) => event === "connectionLost").length;
      expect([lostCount(client), lostCount(server)]).toEqual([1, 1]);
      expect([client.events.at(-1), server.events.at(-1)]).toEqual([
        "connectionLost",
        "connectionLost",
      ]);
    });

    test("a peer that half-closes after sending still gets its whole answer", async (env) => {
      const answer = pattern(4 << 20);
      const client = new RecordingProtocol({
        readConnectionLost: (me) => me.connection.loseConnection(),
      });
      const server = new RecordingProtocol({ dataReceived: (me) => me.connection.write(answer) });
      await connect(env, client, server);
      client.connection.write("question");
      client.connection.loseWriteConnection();
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(client.received.equals(answer)).toBe(true);
    });

    test("an aware protocol hears readConnectionLost, and goes on writing", async (env) => {
      const client = new RecordingProtocol({
        readConnectionLost: noAction,
        writeConnectionLost: noAction,
      });
      const server = new RecordingProtocol({
        readConnectionLost: (me) => me.connection.write("after your end"),
        writeConnectionLost: noAction,
      });
      await connect(env, client, server);
      client.connection.loseWriteConnection();
      await client.receives(14);
      server.connection.loseWriteConnection();
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(client.events).toEqual([
        "connectionMade",
        "writeConnectionLost",
        "dataReceived",
        "readConnectionLost",
        "connectionLost",
      ]);
      expect(server.events).toEqual([
        "connectionMade",
        "readConnectionLost",
        "writeConnectionLost",
        "connectionLost",
      ]);
    });

    test("loseWriteConnection flushes first, and writeConnectionLost comes once", async (env) => {
      const bytes = pattern(2 << 20);
      const client = new RecordingProtocol({
        writeConnectionLost: noAction,
        readConnectionLost: noAction,
      });
      const server = new RecordingProtocol();
      await connect(env, client, server);
      client.connection.write(bytes);
      client.connection.loseWriteConnection();
      client.connection.loseWriteConnection();
      expect(client.connection.write("too late")).toBe(false);
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(server.received.equals(bytes)).toBe(true);
      await client.lost();
      expect(client.events.filter((event) => event === "writeConnectionLost").length).toBe(1);
    });

    test("a peer that never closes is left after the close timeout", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({ readConnectionLost: noAction });
      await connect(env, client, server);
      client.connection.loseConnection({ timeoutMs: 30 });
      await server.until(() => server.events.includes("readConnectionLost"));
      expect(client.reason).toBeNull();
      await env.passTime(60);
      expect(await client.lost()).toEqual({ kind: "aborted" });
      expect(server.reason).toBeNull();
      server.connection.write("is anybody there?");
      expect((await server.lost()).kind).toBe("lost");
    });

    test("loseConnection while paused still sees the peer's end", async (env) => {
      const client = new RecordingProtocol();
      const server = new RecordingProtocol({
        connectionMade: (me) => me.connection.pauseProducing(),
      });
      await connect(env, client, server);
      client.connection.write("unread");
      server.connection.loseConnection();
      expect(await server.lost()).toEqual({ kind: "done" });
      expect(await client.lost()).toEqual({ kind: "done" });
      expect(server.receivedBytes).toBe(0);
    });
  });
}
