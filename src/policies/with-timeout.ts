import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { IdleTimeout } from "../task/idle-timeout.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import { WrappingFactory } from "./wrapping-factory.ts";

/** Which of its limits a connection has reached. */
export type TimeoutKind = "idle" | "read" | "write" | "lifetime";

/** The limits, in milliseconds; one that is left out is not watched. */
export interface TimeoutPolicy {
  /** A `Reactor`, as a rule. */
  readonly clock: Clock;
  /** Neither received nor written anything for so long. */
  readonly idleMs?: number;
  /** Received nothing for so long, while it wanted to read. */
  readonly readMs?: number;
  /** Written nothing for so long. */
  readonly writeMs?: number;
  /** Open for so long, whatever went on. */
  readonly lifetimeMs?: number;
  /** What happens then, once for each limit; `loseConnection` unless told. */
  readonly timedOut?: (transport: StreamTransport, kind: TimeoutKind) => void;
}

/**
 * Ends connections that do nothing, or go on for too long. A peer that does not answer the close
 * either is aborted by the close timeout.
 *
 * @throws {RangeError} when a limit is negative or not a finite number
 */
export function withTimeout<P extends Protocol>(
  factory: Factory<P>,
  policy: TimeoutPolicy,
): Factory<P> {
  for (const name of ["idleMs", "readMs", "writeMs", "lifetimeMs"] as const) {
    const limitMs = policy[name];
    if (limitMs !== undefined && !(limitMs >= 0 && Number.isFinite(limitMs))) {
      throw new RangeError(`${name} of ${limitMs} is not a finite number of at least 0`);
    }
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
  #lifetime: DelayedCall | null = null;

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
      this.#lifetime = clock.callLater(lifetimeMs, () => this.#timedOut("lifetime"));
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
    this.#read?.set(null);
    super.pauseProducing();
  }

  override resumeProducing(): void {
    this.#read?.set(this.#policy.readMs ?? null);
    super.resumeProducing();
  }

  override connectionLost(reason: CloseReason): void {
    this.#idle?.set(null);
    this.#read?.set(null);
    this.#write?.set(null);
    this.#lifetime?.[Symbol.dispose]();
    return super.connectionLost(reason);
  }

  #watch(limitMs: number | undefined, kind: TimeoutKind): IdleTimeout | null {
    if (limitMs === undefined) return null;
    return new IdleTimeout(this.#policy.clock, () => this.#timedOut(kind));
  }

  #timedOut(kind: TimeoutKind): void {
    if (this.#policy.timedOut === undefined) this.transport.loseConnection();
    else this.#policy.timedOut(this.transport, kind);
  }
}
