import { getSocketOption, setSocketOption } from "../native/socket-options.ts";
import { unacknowledgedBytes } from "../native/unacknowledged-bytes.ts";
import type { Address } from "../reactor/address.ts";
import { keepAliveSeconds } from "../reactor/keep-alive-seconds.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamDriver, StreamEvents } from "../transport/stream-driver.ts";
import type { PreparedTLS } from "../transport/tls-maker.ts";
import { type BunSocket, IGNORED } from "./bun-socket.ts";
import { BunTLS } from "./bun-tls.ts";

/** One of Bun's sockets as a driver. Unlike Bun it knows the addresses of a closed socket. */
export class BunStreamDriver implements StreamDriver {
  #socket: BunSocket;
  readonly peer: Address;
  readonly host: Address;

  constructor(socket: BunSocket, peer: Address, host: Address) {
    this.#socket = socket;
    this.peer = peer;
    this.host = host;
  }

  get fileDescriptor(): number {
    return this.#socket.fd;
  }

  get unacknowledgedBytes(): number | null {
    return unacknowledgedBytes(this.#socket.fd);
  }

  attach(events: StreamEvents): void {
    this.#socket.data = events;
  }

  close(): void {
    this.#socket.close();
  }

  write(data: Uint8Array, offset: number, length: number): number {
    return this.#socket.write(data, offset, length);
  }

  shutdown(): void {
    this.#socket.shutdown();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Bun makes another socket of it; the old one still reports, about bytes that are not ours. */
  startTLS(tls: PreparedTLS): void {
    if (!(tls instanceof BunTLS)) throw new TypeError("This TLS was prepared for another driver");
    const replaced = this.#socket;
    const events = replaced.data;
    // Before, because it cannot be changed afterwards any more.
    replaced.data = IGNORED;
    try {
      this.#socket = tls.upgrade(replaced, events, this.peer);
    } catch (error) {
      replaced.data = events;
      throw error;
    }
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delayMs: number): void {
    // Bun rounds down, and takes what is left of less than a second as no delay at all.
    this.#socket.setKeepAlive(on, keepAliveSeconds(delayMs) * 1_000);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return getSocketOption(this.#socket.fd, name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    setSocketOption(this.#socket.fd, name, value);
  }
}
