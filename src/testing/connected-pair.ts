import { InternetAddress } from "../reactor/address.ts";
import { checkOptions } from "../reactor/check-options.ts";
import { type Logger, STDERR_LOGGER } from "../reactor/logger.ts";
import { LOGGER, wholeNumber } from "../reactor/option-kinds.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { StreamOptions, StreamTransport } from "../reactor/stream-transport.ts";
import { STREAM_OPTIONS } from "../transport/reactor-options.ts";
import { type ConnectionOwner, StreamConnection } from "../transport/stream-connection.ts";
import { Turn } from "../transport/turn.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryDriver, type MemoryLinkOptions } from "./memory-driver.ts";
import { NO_TLS } from "./no-tls.ts";
import { MemoryLoop } from "./memory-loop.ts";

/** The settings of both ends of a pair, and of what is between them. */
export interface ConnectedPairOptions extends StreamOptions, MemoryLinkOptions {
  /** Gets what a reactor would log, such as errors of the protocols; standard error unless told. */
  readonly logger?: Logger;
}

/** Two protocols that are connected to each other. */
export interface ConnectedPair {
  /** The time of both; stands still until it is advanced, and delivers as it goes on. */
  readonly clock: ManualClock;
  /** The transport of the first protocol. */
  readonly client: StreamTransport;
  /** The transport of the second protocol. */
  readonly server: StreamTransport;
  /** Delivers one event to each end that has one. Returns how much happened; 0: all is quiet. */
  pump(): number;
  /** Delivers until all is quiet. @throws {Error} when the two never stop answering each other */
  flush(): void;
}

const CONNECTED_PAIR_OPTIONS = {
  ...STREAM_OPTIONS,
  bufferBytes: wholeNumber(1),
  maxChunkBytes: wholeNumber(1),
  logger: LOGGER,
};

const CLIENT_ADDRESS = new InternetAddress("tcp", "192.168.1.1", 54_321);
const SERVER_ADDRESS = new InternetAddress("tcp", "10.0.0.1", 12_345);

/** A pair has no books to enter its ends in. */
const NOBODY: ConnectionOwner = { connectionSecured() {}, connectionEnded() {} };

/**
 * Connects two protocols in memory, over the transport that real connections have. Both get
 * `connectionMade`, the client first, before this returns; nothing else happens until `pump`,
 * `flush` or `clock.advance`, and then in the same order every time.
 *
 * @throws {RangeError} for settings that a real connection refuses, or a link that carries nothing
 */
export function connectedPair(
  client: Protocol,
  server: Protocol,
  options: ConnectedPairOptions = {},
): ConnectedPair {
  const { logger = STDERR_LOGGER } = options;
  checkOptions("connectedPair", options, CONNECTED_PAIR_OPTIONS);
  const loop = new MemoryLoop({ automatic: false });
  const clock = new ManualClock({ logger, settle: () => loop.flush() });
  const context = { turn: new Turn(loop, logger), clock, logger, tls: NO_TLS };
  const clientDriver = new MemoryDriver(loop, CLIENT_ADDRESS, SERVER_ADDRESS, options);
  const serverDriver = new MemoryDriver(loop, SERVER_ADDRESS, CLIENT_ADDRESS, options);
  MemoryDriver.join(clientDriver, serverDriver);
  const connect = (driver: MemoryDriver) => {
    const connection = new StreamConnection(driver, context, NOBODY, options);
    driver.attach(connection);
    return connection;
  };
  const clientEnd = connect(clientDriver);
  const serverEnd = connect(serverDriver);
  clientEnd.start(client);
  serverEnd.start(server);
  return {
    clock,
    client: clientEnd,
    server: serverEnd,
    pump: () => loop.pump(),
    flush: () => loop.flush(),
  };
}
