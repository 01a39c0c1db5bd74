import { describe, expect } from "bun:test";
import { NoProtocol } from "../../src/reactor/connect-error.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connectAndLose,
  type ContractSkips,
  contractTest,
  factoryOf,
  type MakeEnvironment,
  portOf,
  rejection,
} from "./contract-environment.ts";

/** What a factory is asked of each connection, before there is a protocol and after its end. */
export function admissionContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: admission`, () => {
    const test = contractTest(make, skips);

    test("a port admits, builds, and dismisses after connectionLost", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol({
        connectionMade: () => factory.events.push("made"),
        connectionLost: () => factory.events.push("lost"),
      });
      const factory = new AdmittingFactory(() => server);
      const port = await reactor.listenTCP({ host }, factory);
      const client = new RecordingProtocol();
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
      await factory.has(1);
      client.connection.abortConnection();
      await server.lost();
      await factory.has(0);
      expect(factory.events).toEqual(["admit", "build", "made", "lost", "dismiss"]);
    });

    test("a connect admits, builds, and dismisses after connectionLost", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const client = new RecordingProtocol({
        connectionMade: () => factory.events.push("made"),
        connectionLost: () => factory.events.push("lost"),
      });
      const factory = new AdmittingFactory(() => client);
      await reactor.connectTCP({ host, port: portOf(port) }, factory);
      client.connection.abortConnection();
      await client.lost();
      await factory.has(0);
      expect(factory.events).toEqual(["admit", "build", "made", "lost", "dismiss", "stop"]);
    });

    test("connections of this host are peers of their own, each with a place", async (env) => {
      const { reactor, path } = env;
      const factory = new AdmittingFactory(() => new RecordingProtocol());
      const port = await reactor.listenUNIX({ path }, factory);
      const clients = [1, 2, 3].map(() => new RecordingProtocol());
      const connecting = clients.map((each) => reactor.connectUNIX({ path }, factoryOf(each)));
      await Promise.all(connecting);
      await factory.has(3);
      for (const { connection } of clients) connection.abortConnection();
      await factory.has(0);
      expect(factory.events).not.toContain("admitted twice");
      expect(port.stats).toMatchObject({ accepted: 3, refused: 0 });
    });

    test("whoever a port does not admit is refused and counted, and nothing is built", async (env) => {
      const { reactor, host } = env;
      const factory = new AdmittingFactory(() => null, { admit: () => false });
      const port = await reactor.listenTCP({ host }, factory);
      await connectAndLose(env, port, new RecordingProtocol());
      expect(factory.events).toEqual(["admit"]);
      expect(port.stats).toEqual({ accepted: 0, refused: 1, failedHandshakes: 0 });
    });

    test("a connect that is not admitted rejects with NoProtocol, and is closed", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const factory = new AdmittingFactory<RecordingProtocol>(() => null, { admit: () => false });
      const connecting = reactor.connectTCP({ host, port: portOf(port) }, factory);
      expect(await rejection(connecting)).toBeInstanceOf(NoProtocol);
      expect(factory.events).toEqual(["admit", "stop"]);
      await server.lost();
    });

    test("a port whose admit throws refuses that connection, logs it and goes on", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("no list");
      let asked = 0;
      const server = new RecordingProtocol();
      const factory = new AdmittingFactory(() => server, {
        admit() {
          if (asked++ === 0) throw error;
          return true;
        },
      });
      const port = await reactor.listenTCP({ host }, factory);
      await connectAndLose(env, port, new RecordingProtocol());
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(new RecordingProtocol()));
      await server.until(() => server.events.length > 0);
      expect(logger.errors).toEqual([error]);
      expect(port.stats).toEqual({ accepted: 1, refused: 1, failedHandshakes: 0 });
    });

    test("a connect whose admit throws rejects with NoProtocol, and it is logged", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("no list");
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      const factory = new AdmittingFactory<RecordingProtocol>(() => null, {
        admit() {
          throw error;
        },
      });
      const connecting = reactor.connectTCP({ host, port: portOf(port) }, factory);
      expect(await rejection(connecting)).toBeInstanceOf(NoProtocol);
      expect(logger.errors).toEqual([error]);
    });

    test("a dismiss that throws is logged, and everything ends all the same", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("no such place");
      const dismiss = () => {
        throw error;
      };
      const servers = new AdmittingFactory(() => new RecordingProtocol(), { dismiss });
      const clients = new AdmittingFactory(() => new RecordingProtocol(), { dismiss });
      const port = await reactor.listenTCP({ host }, servers);
      const client = await reactor.connectTCP({ host, port: portOf(port) }, clients);
      await servers.has(1);
      client.connection.abortConnection();
      await Promise.all([port.drain(), clients.has(0)]);
      expect(port.connections.size).toBe(0);
      expect(servers.events).toEqual(["admit", "build", "stop", "dismiss"]);
      expect(clients.events).toEqual(["admit", "build", "dismiss", "stop"]);
      expect(logger.errors).toEqual([error, error]);
    });

    test("whoever gets no protocol is dismissed at once", async (env) => {
      const { reactor, host, logger } = env;
      const error = new Error("no idea");
      for (const build of [
        () => null,
        () => {
          throw error;
        },
      ]) {
        const servers = new AdmittingFactory(build);
        const port = await reactor.listenTCP({ host }, servers);
        await connectAndLose(env, port, new RecordingProtocol());
        await servers.has(0);
        expect(servers.events).toEqual(["admit", "build", "dismiss"]);
        const clients = new AdmittingFactory<RecordingProtocol>(build);
        const accepting = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
        await rejection(reactor.connectTCP({ host, port: portOf(accepting) }, clients));
        expect(clients.events).toEqual(["admit", "build", "dismiss", "stop"]);
      }
      expect(logger.errors).toEqual([error, error]);
    });

    test("a signal that aborts in admit cancels the connect, and the place is given back", async (env) => {
      const { reactor, host } = env;
      const server = new RecordingProtocol();
      const port = await reactor.listenTCP({ host }, factoryOf(server));
      const controller = new AbortController();
      const { signal } = controller;
      const factory = new AdmittingFactory<RecordingProtocol>(() => null, {
        admit() {
          controller.abort();
          return true;
        },
      });
      const connecting = reactor.connectTCP({ host, port: portOf(port), signal }, factory);
      expect(await rejection(connecting)).toMatchObject({ name: "ConnectingCancelledError" });
      expect(factory.events).toEqual(["admit", "stop", "dismiss"]);
      await server.lost();
    });

    test("a drain that begins in admit or buildProtocol ends that connection too", async (env) => {
      const { reactor, host } = env;
      for (const place of ["admit", "build"] as const) {
        let drained: Promise<void> | null = null;
        const drain = () => {
          drained = port.drain({ signal: AbortSignal.abort() });
        };
        const server = new RecordingProtocol();
        const build = () => {
          if (place === "build") drain();
          return server;
        };
        const admit = () => {
          if (place === "admit") drain();
          return true;
        };
        const port = await reactor.listenTCP({ host }, new AdmittingFactory(build, { admit }));
        await connectAndLose(env, port, new RecordingProtocol());
        await drained;
        expect(server.events.at(-1)).toBe("connectionLost");
        expect(port.connections.size).toBe(0);
      }
    });
  });
}
