import { BunReactor } from "../../src/bun/bun-reactor.ts";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { RawListener } from "../raw-listener.ts";
import type { RawPeer } from "../raw-peer.ts";
import type { Actions, RecordingProtocol } from "../transport/recording-protocol.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

/** The four ways a stream connection of a reactor comes to be; all must behave the same. */
export const SIDES = ["accepted TCP", "connected TCP", "accepted UNIX", "connected UNIX"] as const;

/** One of the four. */
export type Side = (typeof SIDES)[number];

/** A connection between a recording protocol, on a reactor of its own, and a raw peer. */
export interface LiveConnection extends AsyncDisposable {
  readonly protocol: RecordingProtocol;
  readonly peer: RawPeer;
  readonly reactor: BunReactor;
  readonly logger: MemoryLogger;
}

let nextName = 1;

/** An abstract name for a UNIX socket that nobody else has. */
export function abstractName(): string {
  return `\0pretzel-test-${process.pid}-${nextName++}`;
}

/** Opens a connection. It is ended at the end of its block, which hangs if that is never told. */
export function openConnection(
  side: Side,
  actions: Actions = {},
  options: StreamOptions = {},
): Promise<LiveConnection> {
  return side.startsWith("accepted")
    ? accepted(side, actions, options)
    : connected(side, actions, options);
}

async function accepted(
  side: Side,
  actions: Actions,
  options: StreamOptions,
): Promise<LiveConnection> {
  const where = side === "accepted UNIX" ? { path: abstractName() } : {};
  const server = await LiveServer.listen(actions, { ...options, ...where });
  const { peer, protocol } = await server.connection();
  const { reactor, logger } = server;
  const dispose = () => server[Symbol.asyncDispose]();
  return { protocol, peer, reactor, logger, [Symbol.asyncDispose]: dispose };
}

async function connected(
  side: Side,
  actions: Actions,
  options: StreamOptions,
): Promise<LiveConnection> {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const factory = new RecordingFactory(actions);
  const unix = abstractName();
  const listener = new RawListener(side === "connected UNIX" ? { unix } : {});
  const [peer, protocol] = await Promise.all([
    listener.accept(),
    side === "connected UNIX"
      ? reactor.connectUNIX({ ...options, path: unix }, factory)
      : reactor.connectTCP({ ...options, host: "127.0.0.1", port: listener.port }, factory),
  ]);
  const dispose = async () => {
    listener[Symbol.dispose]();
    protocol.connection.abortConnection();
    await factory.stopped();
  };
  return { protocol, peer, reactor, logger, [Symbol.asyncDispose]: dispose };
}
