import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import { MemoryReactor, type MemoryReactorOptions } from "../../src/testing/memory-reactor.ts";
import { type Actions, RecordingProtocol } from "../transport/recording-protocol.ts";

/** Puts a policy around a factory. */
export type Policy = (factory: Factory, reactor: MemoryReactor) => Factory<Protocol>;

/** A server in memory whose factory has a policy around it, and clients of it. */
export class PolicedServer {
  readonly reactor: MemoryReactor;
  /** The protocols that were built, in order. */
  readonly servers: RecordingProtocol[] = [];
  /** Resolves when it listens. */
  readonly started: Promise<unknown>;

  constructor(
    policy: Policy,
    actions: Actions = {},
    host: MemoryReactorOptions = {},
    options: StreamOptions = {},
  ) {
    this.reactor = new MemoryReactor(host);
    const build = () => {
      const server = new RecordingProtocol(actions);
      this.servers.push(server);
      return server;
    };
    const factory = policy(new Factory(build), this.reactor);
    this.started = this.reactor.listenTCP({ port: 7, ...options }, factory);
  }

  /** The only server protocol. */
  get server(): RecordingProtocol {
    const [first] = this.servers;
    if (first === undefined) throw new Error("No protocol was built");
    return first;
  }

  /** Connects a client, from another address than 127.0.0.1 if told. */
  async connect(from?: string, actions: Actions = {}): Promise<RecordingProtocol> {
    await this.started;
    const client = new RecordingProtocol(actions);
    const host = from?.includes(":") ? "::1" : "127.0.0.1";
    const bindAddress = from === undefined ? {} : { bindAddress: { host: from } };
    await this.reactor.connectTCP({ host, port: 7, ...bindAddress }, new Factory(() => client));
    this.reactor.flush();
    return client;
  }
}

/** A server that echoes. */
export const ECHO: Actions = { dataReceived: (me, data) => me.connection.write(data) };
