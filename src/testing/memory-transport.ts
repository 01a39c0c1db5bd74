import { checkDuration } from "../reactor/check-duration.ts";
import { type Address, InternetAddress } from "../reactor/address.ts";
import { ABORTED, ConnectionClosedError } from "../reactor/close-reason.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { keepAliveSeconds } from "../reactor/keep-alive-seconds.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamStats, StreamTransport, WriteLimits } from "../reactor/stream-transport.ts";
import type { StartTLSOptions } from "../reactor/tls.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "../reactor/write-limits.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

/** Where a `MemoryTransport` says it is. */
export interface MemoryTransportOptions {
  /** 192.168.1.1, port 54321, unless told. */
  readonly peer?: Address;
  /** 10.0.0.1, port 12345, unless told. */
  readonly host?: Address;
}

/**
 * A transport without a network: it records what its protocol does to it, and does nothing by
 * itself. The test plays the peer and calls the protocol:
 *
 * ```ts
 * const transport = new MemoryTransport();
 * const echo = new Echo();
 * echo.makeConnection(transport);
 * echo.dataReceived(Buffer.from("hi"));
 * expect(transport.value().toString()).toBe("hi");
 * ```
 *
 * It keeps to the rules on writing after a close and on producers. It never reports an end, and
 * never fills up: for that take a `connectedPair`.
 */
export class MemoryTransport implements StreamTransport {
  readonly #peer: Address;
  readonly #host: Address;
  readonly #options = new MemorySocketOptions("stream");
  #written: Uint8Array[] = [];
  #bytesSent = 0;
  #sends = 0;
  #limits = DEFAULT_WRITE_LIMITS;
  #writing: "open" | "ending" | "closing" | "aborted" = "open";
  #producerState: "producing" | "paused" | "stopped" = "producing";
  #producer: Producer | PullProducer | null = null;
  #streaming = false;
  #abortCause: Error | undefined;
  #tlsOptions: StartTLSOptions | null = null;
  /** What `switchProtocol` left over, and for whom. */
  #leftover: { readonly to: Protocol; readonly data: Buffer } | null = null;
  #isGiving = false;

  constructor(options: MemoryTransportOptions = {}) {
    this.#peer = options.peer ?? new InternetAddress("tcp", "192.168.1.1", 54_321);
    this.#host = options.host ?? new InternetAddress("tcp", "10.0.0.1", 12_345);
  }

  // What a test looks at.

  /** All that was written since the start or the last `clear`. */
  value(): Buffer {
    return Buffer.concat(this.#written);
  }

  /** What `startTLS` was called with, or null. */
  get tlsOptions(): StartTLSOptions | null {
    return this.#tlsOptions;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#written = [];
  }

  /** Whether `loseConnection` or `abortConnection` was called. */
  get disconnecting(): boolean {
    return this.#writing === "closing" || this.aborted;
  }

  /** What `abortConnection` was called with. */
  get abortCause(): Error | undefined {
    return this.#abortCause;
  }

  /** Whether `abortConnection` was called. */
  get aborted(): boolean {
    return this.#writing === "aborted";
  }

  /** Whether `loseWriteConnection` was called, and nothing stronger since. */
  get writeEnding(): boolean {
    return this.#writing === "ending";
  }

  /** What the protocol wants of its peer: to go on, to wait, or nothing more. */
  get producerState(): "producing" | "paused" | "stopped" {
    return this.#producerState;
  }

  /** The registered producer; null when there is none. Call it as a transport would. */
  get producer(): Producer | PullProducer | null {
    return this.#producer;
  }

  /** Whether the registered producer is a streaming one. */
  get streaming(): boolean {
    return this.#streaming;
  }

  // What a protocol uses.

  write(data: Uint8Array | string): boolean {
    const bytes = outgoingBytes(data);
    if (!this.#acceptsWrites) return false;
    // A copy, so that a chunk which its writer changes afterwards is still shown as written.
    this.#written.push(Uint8Array.from(bytes));
    this.#bytesSent += bytes.length;
    if (bytes.length > 0) this.#sends++;
    return true;
  }

  writeSequence(chunks: Iterable<Uint8Array | string>): boolean {
    for (const bytes of Array.from(chunks, outgoingBytes)) this.write(bytes);
    return this.#acceptsWrites;
  }

  /** @throws {RangeError} for a bad timeout, which is not used */
  loseConnection({ timeoutMs }: { readonly timeoutMs?: number } = {}): void {
    if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs);
    if (!this.aborted) this.#writing = "closing";
    this.#producerState = "stopped";
  }

  /** The cause is kept for the test to look at: `abortCause`. */
  abortConnection(cause?: Error): void {
    if (!this.aborted) this.#abortCause = cause;
    this.#writing = "aborted";
    this.#producerState = "stopped";
    this.#producer?.stopProducing();
    this.#producer = null;
  }

  loseWriteConnection(): void {
    if (this.#writing === "open") this.#writing = "ending";
  }

  pauseProducing(): void {
    if (this.#producerState === "producing") this.#producerState = "paused";
  }

  resumeProducing(): void {
    if (this.#producerState !== "paused") return;
    this.#producerState = "producing";
    this.#giveLeftover();
  }

  stopProducing(): void {
    this.loseConnection();
  }

  registerProducer(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#producer !== null) {
      throw new Error("Cannot register a producer: another one is registered");
    }
    if (!this.#acceptsWrites) return producer.stopProducing();
    this.#producer = producer;
    this.#streaming = streaming;
  }

  unregisterProducer(): void {
    this.#producer = null;
  }

  getPeer(): Address {
    return this.#peer;
  }

  getHost(): Address {
    return this.#host;
  }

  /** Always 0: what is written counts as sent. */
  get bufferedAmount(): number {
    return 0;
  }

  setWriteLimits(limits: Partial<WriteLimits>): void {
    this.#limits = changedWriteLimits(this.#limits, limits);
  }

  /** Pends for ever after `loseConnection`: the end that would reject it is never reported. */
  drained(): Promise<void> {
    if (this.aborted) return Promise.reject(new ConnectionClosedError(ABORTED));
    return this.#acceptsWrites ? Promise.resolve() : Promise.withResolvers<void>().promise;
  }

  setNoDelay(on: boolean): void {
    this.#options.set("TCP_NODELAY", on);
  }

  setKeepAlive(on: boolean, delayMs = 0): void {
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

  /** Always -1. */
  get fileDescriptor(): number {
    return -1;
  }

  get stats(): StreamStats {
    return { bytesReceived: 0, bytesSent: this.#bytesSent, sends: this.#sends, shortSends: 0 };
  }

  /**
   * Only records the options: `tlsOptions`. The handshake, were there one, succeeds at once. Call
   * `tlsStarted` and `handshakeCompleted` of the protocol yourself.
   */
  async startTLS(options: StartTLSOptions): Promise<void> {
    this.#tlsOptions = options;
  }

  /** Always null: no handshake takes place. */
  get tlsInfo(): null {
    return null;
  }

  /**
   * As on a real connection: `next` is started on this transport at once, and gets `leftover`, when
   * reading goes on where it is paused, and never where the connection closes.
   */
  switchProtocol(next: Protocol, leftover?: Buffer): void {
    if (this.aborted) return;
    next.makeConnection(this);
    if (leftover === undefined || leftover.length === 0) return;
    this.#leftover = { to: next, data: leftover };
    this.#giveLeftover();
  }

  /** In a loop, where whoever gets it leaves some of it to another one again. */
  #giveLeftover(): void {
    if (this.#isGiving) return;
    this.#isGiving = true;
    try {
      while (this.#leftover !== null && this.#producerState === "producing") {
        const { to, data } = this.#leftover;
        this.#leftover = null;
        to.dataReceived(data);
      }
    } finally {
      this.#isGiving = false;
    }
  }

  get #acceptsWrites(): boolean {
    if (this.#writing === "open") return true;
    return this.#writing !== "aborted" && this.#producer !== null;
  }
}
