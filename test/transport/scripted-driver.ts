import { InternetAddress } from "../../src/reactor/address.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import { ConnectionSet } from "../../src/transport/connection-set.ts";
import { StreamConnection } from "../../src/transport/stream-connection.ts";
import type { StreamDriver, StreamEvents } from "../../src/transport/stream-driver.ts";
import { Turn } from "../../src/transport/turn.ts";

/** A driver that does what a test says, and nothing else; it writes down the verbs it gets. */
export class ScriptedDriver implements StreamDriver {
  readonly peer = new InternetAddress("tcp", "192.0.2.1", 7);
  readonly host = new InternetAddress("tcp", "192.0.2.2", 9);
  readonly fileDescriptor = -1;
  /** What the peer has not acknowledged; nobody can say unless set. */
  unacknowledgedBytes: number | null = null;
  /** The verbs other than `write`, in order. */
  readonly verbs: string[] = [];
  /** What each write took. */
  readonly sent: Buffer[] = [];
  /** How many more bytes the kernel takes; endless unless set. */
  budget = Number.POSITIVE_INFINITY;
  /** Whether `write` returns -1. */
  broken = false;
  /** Whether the peer closes as soon as it sees our end of stream. */
  peerClosesToo = false;
  #events: StreamEvents | null = null;

  /** Plays the network. */
  get events(): StreamEvents {
    if (this.#events === null) throw new Error("Nobody listens to the driver");
    return this.#events;
  }

  get sentBytes(): number {
    return this.sent.reduce((sum, piece) => sum + piece.length, 0);
  }

  startTLS(): void {
    this.verbs.push("startTLS");
  }

  attach(events: StreamEvents): void {
    this.#events = events;
  }

  write(data: Uint8Array, offset: number, length: number): number {
    if (this.broken) return -1;
    const taken = Math.min(length, this.budget);
    this.budget -= taken;
    if (taken > 0) this.sent.push(Buffer.from(data.subarray(offset, offset + taken)));
    return taken;
  }

  /** The kernel takes `count` bytes more, and says so. */
  accept(count: number): void {
    this.budget += count;
    this.events.writable();
  }

  shutdown(): void {
    this.verbs.push("shutdown");
    if (this.peerClosesToo) this.events.closed();
  }

  terminate(): void {
    this.verbs.push("terminate");
    this.events.closed();
  }

  close(): void {
    this.verbs.push("close");
  }

  pause(): void {
    this.verbs.push("pause");
  }

  resume(): void {
    this.verbs.push("resume");
  }

  setNoDelay(on: boolean): void {
    this.verbs.push(`setNoDelay ${on}`);
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    this.verbs.push(`setKeepAlive ${on} ${delayMs}`);
  }

  getSocketOption(): never {
    throw new Error("A scripted driver has no options");
  }

  setSocketOption(): never {
    throw new Error("A scripted driver has no options");
  }
}

/** A connection over a scripted driver, and all that it uses. */
export interface ScriptedConnection {
  readonly driver: ScriptedDriver;
  readonly connection: StreamConnection;
  readonly connections: ConnectionSet;
  readonly clock: ManualClock;
  readonly logger: MemoryLogger;
  /** Runs what the turns have asked for, until nothing is left. */
  settle(): void;
}

/** Starts `protocol` on a scripted driver. */
export function scripted(
  protocol: Protocol,
  options: StreamOptions = {},
  prepare: (driver: ScriptedDriver) => void = () => undefined,
): ScriptedConnection {
  const loop = new MemoryLoop({ automatic: false });
  const logger = new MemoryLogger();
  const settle = () => loop.flush();
  const clock = new ManualClock({ logger, settle });
  const driver = new ScriptedDriver();
  prepare(driver);
  const connections = new ConnectionSet();
  const context = { turn: new Turn(loop, logger), clock, logger, tls: NO_TLS };
  const owner = {
    connectionSecured: () => undefined,
    connectionEnded: (ended: StreamConnection) => void connections.delete(ended),
  };
  const connection = new StreamConnection(driver, context, owner, options);
  connections.add(connection);
  driver.attach(connection);
  connection.start(protocol);
  return { driver, connection, connections, clock, logger, settle };
}
