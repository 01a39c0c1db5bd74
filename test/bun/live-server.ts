import { BunReactor } from "../../src/bun/bun-reactor.ts";
import type { ListeningPort } from "../../src/reactor/listening-port.ts";
import type { ListenTCPOptions, ListenUNIXOptions } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { RawPeer, type RawTarget } from "../raw-peer.ts";
import type { Actions, RecordingProtocol } from "../transport/recording-protocol.ts";
import { RecordingFactory } from "./recording-factory.ts";

/** A reactor of its own with one listening port, and raw peers to connect to it. */
export class LiveServer implements AsyncDisposable {
  readonly reactor: BunReactor;
  readonly logger: MemoryLogger;
  readonly factory: RecordingFactory;
  readonly port: ListeningPort;
  readonly #peers: RawPeer[] = [];

  private constructor(
    reactor: BunReactor,
    logger: MemoryLogger,
    factory: RecordingFactory,
    port: ListeningPort,
  ) {
    this.reactor = reactor;
    this.logger = logger;
    this.factory = factory;
    this.port = port;
  }

  /** Listens; the protocols of its connections act as told. */
  static async listen(
    actions: Actions | RecordingFactory = {},
    options: ListenTCPOptions | ListenUNIXOptions = {},
  ): Promise<LiveServer> {
    const logger = new MemoryLogger();
    const reactor = new BunReactor({ logger });
    const factory = actions instanceof RecordingFactory ? actions : new RecordingFactory(actions);
    const port =
      "path" in options
        ? await reactor.listenUNIX(options, factory)
        : await reactor.listenTCP(options, factory);
    return new LiveServer(reactor, logger, factory, port);
  }

  /** Where a raw peer finds it. */
  get target(): RawTarget {
    const { host } = this.port;
    return host.kind === "unix" ? { unix: host.path } : { hostname: host.host, port: host.port };
  }

  /** A raw peer that has connected; its protocol may not be there yet. */
  async connect(): Promise<RawPeer> {
    const peer = await RawPeer.connect(this.target);
    this.#peers.push(peer);
    return peer;
  }

  /** A raw peer and the protocol that serves it; the next that was built, so one at a time. */
  async connection(): Promise<{ readonly peer: RawPeer; readonly protocol: RecordingProtocol }> {
    const peer = await this.connect();
    return { peer, protocol: await this.factory.next() };
  }

  /** Ends everything; hangs when a connection is never reported lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer[Symbol.dispose]();
    for (const connection of this.port.connections) connection.abortConnection();
    await this.port.drain();
  }
}
