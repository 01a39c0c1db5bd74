import type { Address } from "../reactor/address.ts";
import { keepAliveSeconds } from "../reactor/keep-alive-seconds.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamDriver, StreamEvents } from "../transport/stream-driver.ts";
import type { EventLoop, EventSource } from "./memory-loop.ts";
import { noTLS } from "./no-tls.ts";
import { MemoryPipe } from "./memory-pipe.ts";
import { MemorySocketOptions } from "./memory-socket-options.ts";

/** The properties of a connection in memory. */
export interface MemoryLinkOptions {
  /** How much each direction holds before it takes no more; 64 KiB unless told. */
  readonly bufferBytes?: number;
  /** How much one `dataReceived` gets at most; all that is there unless told. */
  readonly maxChunkBytes?: number;
}

/** As the kernel buffers of a loopback connection before they grow, in order of magnitude. */
const DEFAULT_BUFFER_BYTES = 65_536;

/**
 * One end of a connection in memory: a socket that behaves as Bun's do, with the kernel between the
 * two ends as one bounded pipe each way. Events are reported when the loop asks for them, one at a
 * time; only `closed` comes inside a verb, namely `terminate`, and `shutdown` once the peer has
 * finished.
 */
export class MemoryDriver implements StreamDriver, EventSource {
  readonly host: Address;
  readonly peer: Address;
  readonly fileDescriptor = -1;
  readonly #loop: EventLoop;
  readonly #incoming: MemoryPipe;
  readonly #maxChunkBytes: number;
  readonly #options = new MemorySocketOptions("stream");
  #other: MemoryDriver = this;
  #events: StreamEvents | null = null;
  #sending: "open" | "shut" | "closed" = "open";
  /**
   * What follows the bytes that come in: nothing yet, the end of the stream, or a reset. A reset
   * that a failed `write` has seen looks like an end of stream afterwards, as the kernel has it.
   */
  #end: "none" | "fin" | "reset" | "reset-seen" = "none";
  #reportedEnd = false;
  #paused = false;
  #blocked = false;
  #writableDue = false;
  #scheduled = false;

  constructor(loop: EventLoop, host: Address, peer: Address, options: MemoryLinkOptions) {
    const { bufferBytes, maxChunkBytes } = linkSizes(options);
    this.#loop = loop;
    this.host = host;
    this.peer = peer;
    this.#incoming = new MemoryPipe(bufferBytes);
    this.#maxChunkBytes = maxChunkBytes;
  }

  /** Connects two ends that know nothing of each other yet. */
  static join(one: MemoryDriver, another: MemoryDriver): void {
    one.#other = another;
    another.#other = one;
  }

  get unacknowledgedBytes(): number {
    return this.#other.#incoming.bytes;
  }

  /** From now on reports to `events`; what has happened before waits until then. */
  attach(events: StreamEvents): void {
    this.#events = events;
    this.#schedule();
  }

  write(data: Uint8Array, offset: number, length: number): number {
    if (this.#sending !== "open" || this.#isReset) {
      if (this.#end === "reset") this.#end = "reset-seen";
      return -1;
    }
    if (this.#other.#sending === "closed") {
      this.#end = "reset";
      this.#schedule();
      return length;
    }
    const taken = this.#other.#incoming.write(data, offset, length);
    this.#blocked = taken < length;
    this.#other.#schedule();
    return taken;
  }

  shutdown(): void {
    if (this.#sending !== "open") return;
    this.#sending = "shut";
    if (this.#other.#end === "none") this.#other.#end = "fin";
    this.#other.#schedule();
    if (this.#reportedEnd) this.#close();
  }

  terminate(): void {
    if (this.#sending === "closed") return;
    this.#other.#end = "reset";
    this.#other.#schedule();
    this.#close();
  }

  /**
   * Ends both directions at once, as close(2) does: the peer sees the end of the stream, or a reset
   * where it had sent what was not read, or sends more.
   */
  close(): void {
    if (this.#sending === "closed") return;
    if (this.#incoming.bytes > 0) return this.terminate();
    if (this.#other.#end === "none") this.#other.#end = "fin";
    this.#other.#schedule();
    this.#close();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    // Bun's sockets, too, report that they may be writable after this, whether they were or not.
    this.#writableDue = true;
    this.#schedule();
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

  deliver(): void {
    this.#scheduled = false;
    const events = this.#events;
    if (events === null || this.#sending === "closed") return;
    if (this.#writableDue) {
      this.#writableDue = false;
      events.writable();
    } else if (this.#canRead) {
      if (this.#incoming.bytes > 0) this.#deliverBytes(events);
      else this.#deliverEnd(events);
    }
    this.#schedule();
  }

  get #isReset(): boolean {
    return this.#end === "reset" || this.#end === "reset-seen";
  }

  /** A pause holds back the bytes and the peer's end of stream, but never a reset. */
  get #canRead(): boolean {
    if (this.#paused && !this.#isReset) return false;
    return this.#incoming.bytes > 0 || this.#isReset || (this.#end === "fin" && !this.#reportedEnd);
  }

  #deliverBytes(events: StreamEvents): void {
    const chunk = this.#incoming.read(this.#maxChunkBytes);
    this.#other.#roomMade();
    events.received(chunk);
  }

  #deliverEnd(events: StreamEvents): void {
    if (this.#end === "reset") {
      this.#close(Object.assign(new Error("Connection reset by peer"), { code: "ECONNRESET" }));
    } else if (this.#sending === "shut" || this.#reportedEnd) {
      this.#close();
    } else {
      this.#reportedEnd = true;
      events.readEnded();
    }
  }

  #roomMade(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#writableDue = true;
    this.#schedule();
  }

  #close(error?: Error): void {
    this.#sending = "closed";
    this.#incoming.clear();
    this.#options.close();
    this.#events?.closed(error);
  }

  #schedule(): void {
    if (this.#scheduled || this.#events === null || this.#sending === "closed") return;
    if (!this.#writableDue && !this.#canRead) return;
    this.#scheduled = true;
    this.#loop.ready(this);
  }
}

/**
 * The properties of a connection in memory, where none is given the default.
 *
 * @throws {RangeError} for one that is not a whole number above 0
 */
export function linkSizes(options: MemoryLinkOptions): Required<MemoryLinkOptions> {
  const { bufferBytes = DEFAULT_BUFFER_BYTES, maxChunkBytes = bufferBytes } = options;
  checkSize("bufferBytes", bufferBytes);
  checkSize("maxChunkBytes", maxChunkBytes);
  return { bufferBytes, maxChunkBytes };
}

function checkSize(name: string, bytes: number): void {
  if (Number.isInteger(bytes) && bytes > 0) return;
  throw new RangeError(`${name} of ${bytes} is not a whole number above 0`);
}
