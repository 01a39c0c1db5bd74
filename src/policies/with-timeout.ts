import { checkDuration } from "../reactor/check-duration.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { IdleTimeout } from "../task/idle-timeout.ts";
import type { OptionalCallback } from "./optional-callbacks.ts";
import { ProtocolWrapper, type StreamDirection } from "./protocol-wrapper.ts";
import { WrappingFactory } from "./wrapping-factory.ts";

/** Which of its limits a connection has reached. */
export type TimeoutKind = "idle" | "read" | "write" | "lifetime";

/**
 * The limits, in milliseconds; one that is left out is not watched. Time in which another policy
 * has something wait for its turn counts only towards `lifetimeMs`.
 */
export interface TimeoutPolicy {
  /** A `Reactor`, as a rule. */
  readonly clock: Clock;
  /** Neither received nor sent anything for so long. */
  readonly idleMs?: number;
  /** Received nothing for so long, while it wanted to read and something could come. */
  readonly readMs?: number;
  /**
   * Sent nothing for so long. Here and for `idleMs` what is written counts when it is written, and
   * a backlog that is shrinking counts when the time is over, so that a peer that reads nothing
   * any more is found out after twice the time at the latest.
   */
  readonly writeMs?: number;
  /** Open for so long, whatever went on; aborted when it has not closed 5 seconds later. */
  readonly lifetimeMs?: number;
  /**
   * What happens then, once for each limit; by default `loseConnection`. What it throws ends
   * the connection.
   */
  readonly timedOut?: (transport: StreamTransport, kind: TimeoutKind) => void;
}

/**
 * How long a connection may take to close: as long as a close takes unless told, which the limit on
 * the life of a connection must not leave to the peer.
 */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Ends connections that do nothing, or go on for too long. A peer that does not answer the close
 * either is aborted by the close timeout, and so is a connection whose producer does not end.
 *
 * @throws {RangeError} when a limit is negative or not a finite number
 */
export function withTimeout<P extends Protocol>(
  factory: Factory<P>,
  policy: TimeoutPolicy,
): Factory<P> {
  for (const name of ["idleMs", "readMs", "writeMs", "lifetimeMs"] as const) {
    const limitMs = policy[name];
    if (limitMs !== undefined) checkDuration(name, limitMs);
  }
  return new TimeoutFactory(factory, policy);
}

class TimeoutFactory<P extends Protocol> extends WrappingFactory<P> {
  readonly #policy: TimeoutPolicy;

  constructor(inner: Factory<P>, policy: TimeoutPolicy) {
    super(inner);
    this.#policy = policy;
  }

  protected override wrap(inner: ConnectionCallbacks): ConnectionCallbacks {
    return new TimeoutWrapper(inner, this.#policy);
  }
}

class TimeoutWrapper extends ProtocolWrapper {
  readonly #policy: TimeoutPolicy;
  readonly #idle: IdleTimeout | null;
  readonly #read: IdleTimeout | null;
  readonly #write: IdleTimeout | null;
  /** The limit on the whole life, and later the one on the close. */
  #deadline: DelayedCall | null = null;
  /** Whether something may still come, and whether the protocol wants it. */
  #reading: "wanted" | "paused" | "ended" = "wanted";
  #hasProducer = false;
  /** What had been sent when a limit was last reached while something waited to be sent. */
  readonly #sentBefore = { idle: -1, write: -1 };

  constructor(inner: ConnectionCallbacks, policy: TimeoutPolicy) {
    super(inner);
    this.#policy = policy;
    this.#idle = this.#watch(policy.idleMs, "idle");
    this.#read = this.#watch(policy.readMs, "read");
    this.#write = this.#watch(policy.writeMs, "write");
  }

  override makeConnection(transport: StreamTransport): void {
    const { clock, idleMs = null, readMs = null, writeMs = null, lifetimeMs } = this.#policy;
    this.#idle?.set(idleMs);
    this.#read?.set(readMs);
    this.#write?.set(writeMs);
    if (lifetimeMs !== undefined) {
      this.#deadline = clock.callLater(lifetimeMs, () => this.#timedOut("lifetime"));
    }
    return super.makeConnection(transport);
  }

  override dataReceived(data: Buffer): void {
    this.#idle?.reset();
    this.#read?.reset();
    return super.dataReceived(data);
  }

  override write(data: Uint8Array | string): boolean {
    this.#idle?.reset();
    this.#write?.reset();
    return super.write(data);
  }

  /** Who does not want to read cannot blame the peer for silence. */
  override pauseProducing(): void {
    if (this.#reading === "wanted") {
      this.#reading = "paused";
      this.#read?.set(null);
    }
    super.pauseProducing();
  }

  override resumeProducing(): void {
    if (this.#reading === "paused") {
      this.#reading = "wanted";
      this.#read?.set(this.#policy.readMs ?? null);
    }
    super.resumeProducing();
  }

  override registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    super.registerProducer(producer, streaming);
    this.#hasProducer = true;
  }

  override unregisterProducer(): void {
    this.#hasProducer = false;
    super.unregisterProducer();
  }

  override connectionLost(reason: CloseReason): void {
    this.#endReading();
    this.#idle?.set(null);
    this.#write?.set(null);
    this.#deadline?.[Symbol.dispose]();
    return super.connectionLost(reason);
  }

  /** What another policy has wait for its time is no silence, of the peer or the protocol. */
  protected override heldUpChanged(direction: StreamDirection): void {
    this.#idle?.reset();
    if (direction === "reading") this.#read?.reset();
    else this.#write?.reset();
  }

  /** A peer that has finished sending is not expected to send. */
  protected override passingOn(name: OptionalCallback): void {
    if (name === "readConnectionLost") this.#endReading();
  }

  #endReading(): void {
    this.#reading = "ended";
    this.#read?.set(null);
  }

  #watch(limitMs: number | undefined, kind: TimeoutKind): IdleTimeout | null {
    if (limitMs === undefined) return null;
    return new IdleTimeout(this.#policy.clock, () => this.#timedOut(kind));
  }

  #timedOut(kind: TimeoutKind): void {
    const { timedOut } = this.#policy;
    if (kind !== "lifetime" && this.#goesOn(kind)) this.#watchOn(kind);
    else if (timedOut === undefined) this.#close(kind);
    else this.call(() => timedOut(this.transport, kind));
  }

  #watchOn(kind: "idle" | "read" | "write"): void {
    if (kind === "idle") this.#idle?.set(this.#policy.idleMs ?? null);
    else if (kind === "read") this.#read?.set(this.#policy.readMs ?? null);
    else this.#write?.set(this.#policy.writeMs ?? null);
  }

  /** Whether the time is over only as it seems. Asked once each time that is due. */
  #goesOn(kind: "idle" | "read" | "write"): boolean {
    if (kind === "read") return this.isHeldUp("reading");
    const isHeldUp = this.isHeldUp("writing") || (kind === "idle" && this.isHeldUp("reading"));
    return this.#isSending(kind) || isHeldUp;
  }

  /** Whether the peer is still taking what was written before. */
  #isSending(kind: "idle" | "write"): boolean {
    const { bytesSent } = this.transport.stats;
    const goesOn = this.transport.bufferedAmount > 0 && bytesSent !== this.#sentBefore[kind];
    this.#sentBefore[kind] = bytesSent;
    return goesOn;
  }

  #close(kind: TimeoutKind): void {
    this.transport.loseConnection();
    if (kind !== "lifetime" && !this.#hasProducer) return;
    // The close timeout of the connection waits for a producer, and for a peer that reads slowly.
    const { bytesSent } = this.transport.stats;
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = this.#policy.clock.callLater(CLOSE_TIMEOUT_MS, () => {
      const goesOn = kind !== "lifetime" && this.transport.stats.bytesSent !== bytesSent;
      if (goesOn) this.#close(kind);
      else this.transport.abortConnection();
    });
  }
}
