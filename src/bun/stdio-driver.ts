import { getSocketOption, setSocketOption } from "../native/socket-options.ts";
import { UNIXAddress } from "../reactor/address.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import { TLSError } from "../reactor/tls.ts";
import type { StreamDriver, StreamEvents } from "../transport/stream-driver.ts";
import { type DescriptorInput, DescriptorReader } from "./descriptor-reader.ts";
import { type DescriptorOutput, DescriptorWriter } from "./descriptor-writer.ts";
import { releaseDescriptor } from "./release-descriptor.ts";

/**
 * Two descriptors as one connection: what is read from the one is received, and what is sent is
 * written to the other. Each may be a pipe, a terminal, a file or a socket. The end of a direction
 * is told by closing its descriptor; standard ones are pointed at /dev/null, so that nothing that
 * is opened later gets their numbers, and with them what others print.
 */
export class StdioDriver implements StreamDriver, DescriptorInput, DescriptorOutput {
  // Neither end has a name.
  readonly peer = new UNIXAddress("");
  readonly host = this.peer;
  readonly fileDescriptor: number;
  readonly #outputFd: number;
  readonly #reader: DescriptorReader;
  readonly #writer: DescriptorWriter;
  #events: StreamEvents | null = null;
  #input: "open" | "ended" = "open";
  #output: "open" | "shutting" | "shut" | "closed" = "open";

  constructor(inputFd: number, outputFd: number) {
    this.fileDescriptor = inputFd;
    this.#outputFd = outputFd;
    this.#reader = new DescriptorReader(inputFd, this);
    this.#writer = new DescriptorWriter(outputFd, this);
  }

  /** What our own process has still to write; what becomes of it then, nobody can say. */
  get unacknowledgedBytes(): number | null {
    return this.#writer.pendingBytes;
  }

  attach(events: StreamEvents): void {
    this.#events = events;
    this.#reader.start();
  }

  write(data: Uint8Array, offset: number, length: number): number {
    return this.#output === "open" ? this.#writer.write(data, offset, length) : -1;
  }

  shutdown(): void {
    if (this.#output !== "open") return;
    this.#output = "shutting";
    if (!this.#writer.busy) this.#shut();
  }

  terminate(): void {
    this.#close();
  }

  close(): void {
    this.#close();
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  /** Reports a failure: there is no socket that could do it. */
  startTLS(): void {
    this.#events?.failed(new TLSError("There is no TLS over a pair of descriptors"));
    this.#close();
  }

  /** Only sockets delay what they send. */
  setNoDelay(): void {}

  /** Only sockets have a peer to probe. */
  setKeepAlive(): void {}

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return getSocketOption(this.fileDescriptor, name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    setSocketOption(this.fileDescriptor, name, value);
  }

  inputReceived(data: Buffer): void {
    this.#events?.received(data);
  }

  inputEnded(): void {
    this.#input = "ended";
    if (this.#output === "shut") this.#close();
    else this.#events?.readEnded();
  }

  inputFailed(error: Error): void {
    this.#close(error);
  }

  outputDrained(): void {
    if (this.#output === "shutting") this.#shut();
    else if (this.#output === "open") this.#events?.writable();
  }

  outputFailed(error: Error): void {
    this.#close(error);
  }

  /** Ends the output, after which the input may still go on. */
  #shut(): void {
    this.#output = "shut";
    this.#endOutput();
    if (this.#input === "ended") this.#close();
  }

  #close(error?: Error): void {
    if (this.#output === "closed") return;
    if (this.#output !== "shut") this.#endOutput();
    this.#output = "closed";
    // A read that is under way uses the descriptor until it is cancelled.
    void this.#reader.end().then(() => releaseDescriptor(this.fileDescriptor));
    this.#events?.closed(error);
  }

  #endOutput(): void {
    this.#writer.end();
    if (this.#outputFd !== this.fileDescriptor) releaseDescriptor(this.#outputFd);
  }
}
