import type { Address } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import type { ConnectionReport } from "./connection-report.ts";

/** What a `ReportingFactory` needs to know and whom it tells. */
interface Reporting {
  /** The name of the service in the reports. */
  readonly service: string;
  /** Measures the durations. */
  readonly clock: Clock;
  /** Gives the time of the start, in milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called once for each connection, when it has ended. */
  readonly connectionEnded: (report: ConnectionReport) => void;
}

/** Puts a report at the end of every connection of another factory. */
export class ReportingFactory extends Factory {
  readonly #inner: Factory;
  readonly #reporting: Reporting;

  constructor(inner: Factory, reporting: Reporting) {
    super();
    this.#inner = inner;
    this.#reporting = reporting;
  }

  override startFactory(): void {
    this.#inner.doStart();
  }

  override stopFactory(): void {
    this.#inner.doStop();
  }

  override buildStack(peer: Address): ProtocolStack<Protocol> | null {
    const stack = this.#inner.buildStack(peer);
    if (stack === null) return null;
    const outermost = new ReportedConnection(stack.outermost, peer, this.#reporting);
    return { protocol: stack.protocol, outermost };
  }
}

/**
 * Passes every call on, and keeps what the report needs. It has those of the optional callbacks
 * that the inner one has, because having them means something to the transport.
 */
class ReportedConnection implements ConnectionCallbacks {
  readonly #inner: ConnectionCallbacks;
  readonly #peer: Address;
  readonly #reporting: Reporting;
  readonly #startedAt: number;
  readonly #startedAtUnixMs: number;
  #transport: StreamTransport | null = null;
  readonly readConnectionLost?: () => void;
  readonly writeConnectionLost?: () => void;
  readonly pauseWriting?: () => void;
  readonly resumeWriting?: () => void;
  readonly draining?: () => void;

  constructor(inner: ConnectionCallbacks, peer: Address, reporting: Reporting) {
    this.#inner = inner;
    this.#peer = peer;
    this.#reporting = reporting;
    this.#startedAt = reporting.clock.now();
    this.#startedAtUnixMs = reporting.wallClock();
    if (inner.readConnectionLost) this.readConnectionLost = () => inner.readConnectionLost?.();
    if (inner.writeConnectionLost) this.writeConnectionLost = () => inner.writeConnectionLost?.();
    if (inner.pauseWriting) this.pauseWriting = () => inner.pauseWriting?.();
    if (inner.resumeWriting) this.resumeWriting = () => inner.resumeWriting?.();
    if (inner.draining) this.draining = () => inner.draining?.();
  }

  makeConnection(transport: StreamTransport): void {
    this.#transport = transport;
    return this.#inner.makeConnection(transport);
  }

  dataReceived(data: Buffer): void {
    return this.#inner.dataReceived(data);
  }

  connectionLost(reason: CloseReason): void {
    const { service, clock, connectionEnded } = this.#reporting;
    connectionEnded({
      service,
      peer: this.#peer,
      startedAtUnixMs: this.#startedAtUnixMs,
      durationMs: clock.now() - this.#startedAt,
      bytesReceived: this.#transport?.stats.bytesReceived ?? 0,
      bytesSent: this.#transport?.stats.bytesSent ?? 0,
      reason,
    });
    return this.#inner.connectionLost(reason);
  }
}
