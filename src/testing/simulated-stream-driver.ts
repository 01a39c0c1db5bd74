import type { Address } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import { keepAliveSeconds } from "../reactor/keep-alive-seconds.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamDriver, StreamEvents } from "../transport/stream-driver.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";
import { noTLS } from "./no-tls.ts";
import type { WatchedSocket } from "./simulated-end.ts";
import type { FlowReceiver, SimulatedFlow } from "./simulated-flow.ts";
import type { SimulatedOutages } from "./simulated-outages.ts";
import type { FlowSender } from "./simulated-window.ts";
import type { Simulation } from "./simulation.ts";

/**
 * One end of a simulated connection: a socket that behaves as Bun's do, over a flow each way. It
 * reports one event at a time, with all that follows from it before the next; only `closed` comes
 * inside a verb, namely `terminate`, and `shutdown` once the peer has finished.
 */
export class SimulatedStreamDriver
  implements StreamDriver, FlowSender, FlowReceiver, WatchedSocket
{
  readonly host: Address;
  readonly peer: Address;
  readonly fileDescriptor = -1;
  readonly #simulation: Simulation;
  readonly #outages: SimulatedOutages;
  readonly #incoming: SimulatedFlow;
  readonly #outgoing: SimulatedFlow;
  readonly #options = new MemorySocketOptions("stream");
  readonly #onWake = () => {
    this.#wake = null;
    this.#deliver();
  };
  readonly #onHeal = () => {
    this.#awaitsHeal = false;
    this.#schedule();
  };
  #events: StreamEvents | null = null;
  #sending: "open" | "shut" | "closed" = "open";
  /** Whether it ended without the peer's consent: whatever still comes is answered by a reset. */
  #aborted = false;
  #reportedEnd = false;
  /** A reset that a failed `write` has seen looks like an end of stream, as the kernel has it. */
  #resetSeen = false;
  #paused = false;
  #stoppedUntilMs = 0;
  #writableAtMs = Number.POSITIVE_INFINITY;
  #awaitsHeal = false;
  #wake: DelayedCall | null = null;
  deliveredBytes = 0;
  refusedWrite = false;

  constructor(
    simulation: Simulation,
    outages: SimulatedOutages,
    addresses: { readonly host: Address; readonly peer: Address },
    flows: { readonly incoming: SimulatedFlow; readonly outgoing: SimulatedFlow },
  ) {
    this.#simulation = simulation;
    this.#outages = outages;
    this.host = addresses.host;
    this.peer = addresses.peer;
    this.#incoming = flows.incoming;
    this.#outgoing = flows.outgoing;
  }

  get closed(): boolean {
    return this.#sending === "closed";
  }

  get unacknowledgedBytes(): number {
    return this.#outgoing.unansweredBytes;
  }

  get takesMore(): boolean {
    return this.#sending === "open" && this.#outgoing.takesMore;
  }

  get holdsBack(): boolean {
    return this.#paused && this.#incoming.arrived !== "nothing";
  }

  /** From now on reports to `events`; what has happened before waits until then. */
  attach(events: StreamEvents): void {
    this.#events = events;
    this.#schedule();
  }

  write(data: Uint8Array, offset: number, length: number): number {
    const taken = this.#take(data, offset, length);
    this.refusedWrite ||= taken < 0;
    return taken;
  }

  shutdown(): void {
    if (this.#sending !== "open") return;
    this.#sending = "shut";
    this.#outgoing.end();
    if (this.#reportedEnd) this.#close();
  }

  terminate(): void {
    if (this.#sending === "closed") return;
    this.#aborted = true;
    this.#outgoing.reset();
    this.#close();
  }

  /** As close(2): the peer sees the end of the stream, or a reset where something was not read. */
  close(): void {
    if (this.#sending === "closed") return;
    if (this.#incoming.arrived === "bytes") return this.terminate();
    this.#outgoing.end();
    this.#close();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    // Bun's sockets, too, report that they may be writable after this, whether they were or not.
    this.mayWriteIn(0);
  }

  /** @throws {TLSError} always: see `NO_TLS` */
  startTLS(): void {
    throw noTLS();
  }

  setNoDelay(on: boolean): void {
    this.#options.set("TCP_NODELAY", on);
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    const seconds = keepAliveSeconds(delayMs);
    this.#options.set("SO_KEEPALIVE", on);
    if (on && seconds > 0) this.#options.set("TCP_KEEPIDLE", seconds);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#options.get(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#options.set(name, value);
  }

  mayWriteIn(delayMs: number): void {
    this.#writableAtMs = Math.min(this.#writableAtMs, this.#simulation.clock.now() + delayMs);
    this.#schedule();
  }

  arrivalChanged(): void {
    this.#schedule();
  }

  #take(data: Uint8Array, offset: number, length: number): number {
    if (this.#sending !== "open") return -1;
    if (this.#incoming.resetDueMs <= this.#simulation.clock.now()) {
      this.#resetSeen = true;
      return -1;
    }
    return this.#outgoing.take(data, offset, length);
  }

  #deliver(): void {
    const events = this.#events;
    const now = this.#simulation.clock.now();
    if (this.#sending === "closed") {
      this.#refuseArrived();
    } else if (events !== null && this.#writableAtMs <= now) {
      this.#writableAtMs = Number.POSITIVE_INFINITY;
      events.writable();
      this.#readAtOnce(events);
    } else if (events !== null && this.#readableAtMs <= now) {
      this.#read(events);
    }
    this.#schedule();
  }

  /** One poll of the real loop reports both, and no timer comes between them. */
  #readAtOnce(events: StreamEvents): void {
    const simulation = this.#simulation;
    if (this.closed || this.#readableAtMs > simulation.clock.now()) return;
    simulation.endEvent();
    // What waited for a promise may have changed everything.
    if (this.closed || this.#readableAtMs > simulation.clock.now()) return;
    if (simulation.failure === null) this.#read(events);
  }

  #read(events: StreamEvents): void {
    const incoming = this.#incoming;
    const stopMs = incoming.readerStopsMs();
    if (stopMs > 0) {
      this.#stoppedUntilMs = this.#simulation.clock.now() + stopMs;
      return;
    }
    switch (incoming.arrived) {
      case "bytes":
        this.#receive(events, incoming.readBytes());
        break;
      case "end":
        incoming.takeEnd();
        // The kernel forgets an end of stream once the reset behind it has come.
        if (incoming.resetDueMs > this.#simulation.clock.now()) this.#peerEnded(events);
        break;
      case "reset":
        if (this.#resetSeen) this.#peerEnded(events);
        else this.#close(connectionReset());
        break;
      case "nothing":
        break;
    }
  }

  #receive(events: StreamEvents, data: Buffer): void {
    this.deliveredBytes += data.length;
    events.received(data);
  }

  #peerEnded(events: StreamEvents): void {
    if (this.#sending === "shut" || this.#reportedEnd) {
      this.#close();
    } else {
      this.#reportedEnd = true;
      events.readEnded();
    }
  }

  /** What arrives at a socket that is gone. */
  #refuseArrived(): void {
    let isRefused = false;
    for (;;) {
      const { arrived } = this.#incoming;
      if (arrived === "bytes") this.#incoming.readBytes();
      else if (arrived === "end") this.#incoming.takeEnd();
      else break;
      isRefused ||= arrived === "bytes" || this.#aborted;
    }
    if (isRefused) this.#outgoing.refuse();
  }

  #close(error?: Error): void {
    this.#sending = "closed";
    this.#writableAtMs = Number.POSITIVE_INFINITY;
    this.#options.close();
    this.#events?.closed(error);
    this.#schedule();
  }

  /**
   * When there is something to read next. A pause and a partition hold back all but a reset, and
   * that too once a failed write has seen it.
   */
  get #readableAtMs(): number {
    const { dueMs, resetDueMs } = this.#incoming;
    const pausedUntilMs = this.#resetSeen ? Number.POSITIVE_INFINITY : resetDueMs;
    const readableAtMs = Math.max(this.#paused ? pausedUntilMs : dueMs, this.#stoppedUntilMs);
    if (!Number.isFinite(readableAtMs) || !this.#outages.holds(this.peer, this.host)) {
      return readableAtMs;
    }
    if (!this.#awaitsHeal) this.#outages.await(this.#onHeal);
    this.#awaitsHeal = true;
    return Number.POSITIVE_INFINITY;
  }

  get #nextMs(): number {
    if (this.#sending === "closed") {
      const { dueMs, resetDueMs } = this.#incoming;
      return dueMs === resetDueMs ? Number.POSITIVE_INFINITY : dueMs;
    }
    if (this.#events === null) return Number.POSITIVE_INFINITY;
    return Math.min(this.#writableAtMs, this.#readableAtMs);
  }

  #schedule(): void {
    const nextMs = this.#nextMs;
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, nextMs - this.#simulation.clock.now());
    if (this.#wake === null) this.#wake = this.#simulation.callLater(delayMs, this.#onWake);
    else if (this.#wake.time > nextMs) this.#wake.reset(delayMs);
  }
}

function connectionReset(): Error {
  return Object.assign(new Error("Connection reset by peer"), { code: "ECONNRESET" });
}
