import { ProtocolWrapper } from "../policies/protocol-wrapper.ts";
import { WrappingFactory } from "../policies/wrapping-factory.ts";
import type { Address } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
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
export class ReportingFactory extends WrappingFactory<Protocol> {
  readonly #reporting: Reporting;

  constructor(inner: Factory, reporting: Reporting) {
    super(inner);
    this.#reporting = reporting;
  }

  protected override wrap(inner: ConnectionCallbacks, peer: Address): ConnectionCallbacks {
    return new ReportedConnection(inner, peer, this.#reporting);
  }
}

/** Passes every call on, and keeps what the report needs. */
class ReportedConnection extends ProtocolWrapper {
  readonly #peer: Address;
  readonly #reporting: Reporting;
  readonly #startedAt: number;
  readonly #startedAtUnixMs: number;

  constructor(inner: ConnectionCallbacks, peer: Address, reporting: Reporting) {
    super(inner);
    this.#peer = peer;
    this.#reporting = reporting;
    this.#startedAt = reporting.clock.now();
    this.#startedAtUnixMs = reporting.wallClock();
  }

  override connectionLost(reason: CloseReason): void {
    const { service, clock, connectionEnded } = this.#reporting;
    const { bytesReceived, bytesSent } = this.stats;
    connectionEnded({
      service,
      peer: this.#peer,
      startedAtUnixMs: this.#startedAtUnixMs,
      durationMs: clock.now() - this.#startedAt,
      bytesReceived,
      bytesSent,
      reason,
    });
    return super.connectionLost(reason);
  }
}
