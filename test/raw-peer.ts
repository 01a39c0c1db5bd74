import { Occurrences } from "./occurrences.ts";

type Socket = import("bun").Socket<RawPeer> & { readonly fd: number };

/** Where a raw peer connects to. */
export type RawTarget =
  { readonly port: number; readonly hostname?: string } | { readonly unix: string };

/**
 * The other end of a connection under test: a bare socket that says exactly when it sends a FIN or
 * a RST and when it reads, and knows which of them it has seen. It shares no code with what it
 * tests, buffers nothing by itself but what `send` still owes, and answers nothing.
 */
export class RawPeer implements Disposable {
  readonly #occurrences = new Occurrences();
  readonly #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #socket: Socket | null = null;
  #sees: "data" | "end" | "reset" = "data";
  #isOpen = true;
  /** A send was refused though nothing was closed here: the reset was noticed that way. */
  #broken = false;
  #unsent: Buffer = Buffer.alloc(0);

  /** Connects to `target`. */
  static async connect(target: RawTarget): Promise<RawPeer> {
    const peer = new RawPeer();
    const where = "unix" in target ? target : { hostname: "127.0.0.1", ...target };
    await Bun.connect({ ...where, allowHalfOpen: true, data: peer, socket: RAW_HANDLERS } as never);
    return peer;
  }

  /** Gives the peer its socket. Called by the handlers when it opens. */
  attach(socket: Socket): void {
    this.#socket = socket;
    this.#occurrences.happened();
  }

  /** Sends bytes; resolves once the kernel has taken the last of them. */
  async send(data: Uint8Array | string): Promise<void> {
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(data as Uint8Array)]);
    this.flush();
    await this.#occurrences.until("all to be sent", () => this.#unsent.length === 0);
  }

  /** Sends a FIN; goes on reading. @throws {Error} while `send` still owes bytes */
  sendFIN(): void {
    if (this.#unsent.length > 0) throw new Error("A FIN now would cut off what is being sent");
    this.#openSocket.shutdown();
  }

  /** Sends a RST and closes. */
  sendRST(): void {
    const socket = this.#openSocket;
    this.#isOpen = false;
    socket.terminate();
  }

  /** Closes, as close(2) does: a FIN, or a RST when there are bytes that were not read. */
  close(): void {
    const socket = this.#openSocket;
    this.#isOpen = false;
    socket.close();
  }

  /** Leaves what comes in the kernel's buffer, until it is full. */
  stopReading(): void {
    this.#openSocket.pause();
  }

  readOn(): void {
    this.#openSocket.resume();
  }

  /** All bytes received so far. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Our own port of a TCP connection. */
  get port(): number {
    return this.#openSocket.localPort;
  }

  /** Whether its socket is still there. */
  get open(): boolean {
    return this.#isOpen;
  }

  /** What of the connection has been seen: its data, a FIN or a RST. */
  get sees(): "data" | "end" | "reset" {
    return this.#sees;
  }

  /** Resolves with all bytes so far once at least `byteCount` have come. */
  async receives(byteCount: number): Promise<Buffer> {
    const what = `${byteCount} bytes`;
    await this.#occurrences.until(what, () => this.#receivedBytes >= byteCount);
    return this.received;
  }

  /** Resolves once a FIN or a RST has come. */
  ended(): Promise<void> {
    return this.#occurrences.until("a FIN or a RST", () => this.#sees !== "data");
  }

  /** Resolves with all bytes once a FIN has come; rejects when a RST came instead. */
  async end(): Promise<Buffer> {
    await this.ended();
    if (this.#sees === "reset") throw new Error("A RST came instead of a FIN");
    return this.received;
  }

  /** Resolves once a RST has come; rejects when the connection ended well instead. */
  async reset(): Promise<void> {
    await this.#occurrences.until("a RST", () => this.#sees === "reset");
  }

  [Symbol.dispose](): void {
    if (this.#isOpen && this.#socket !== null) this.sendRST();
  }

  /** Sends on what `send` owes. Called when the kernel may take more. */
  flush(): void {
    while (this.#unsent.length > 0) {
      const sent = this.#socket?.write(this.#unsent) ?? 0;
      if (sent < 0) {
        this.#broken = true;
        this.#unsent = Buffer.alloc(0);
        return;
      }
      if (sent === 0) return;
      this.#unsent = this.#unsent.subarray(sent);
    }
    this.#occurrences.happened();
  }

  /** Bytes came in. Called by the handlers. */
  sawData(data: Buffer): void {
    this.#chunks.push(data);
    this.#receivedBytes += data.length;
    this.#occurrences.happened();
  }

  /** A FIN came in. Called by the handlers. */
  sawEnd(): void {
    // After a failed send Bun shows a reset as an end.
    if (!this.#broken) this.#sees = "end";
    this.#occurrences.happened();
  }

  /** The socket is gone. Called by the handlers. */
  sawClose(error: Error | undefined): void {
    if (this.#isOpen) this.#sees = error !== undefined || this.#broken ? "reset" : "end";
    this.#isOpen = false;
    this.#occurrences.over(`the peer's socket has closed${error ? `: ${error.message}` : ""}`);
  }

  get #openSocket(): Socket {
    if (this.#socket === null || !this.#isOpen) throw new Error("The peer's socket is not open");
    return this.#socket;
  }
}

/** Turns Bun's calls into what the peer has seen. Shared with the raw listener. */
export const RAW_HANDLERS = {
  open(socket: Socket): void {
    socket.data.attach(socket);
  },
  data(socket: Socket, data: Buffer): void {
    socket.data.sawData(data);
  },
  drain(socket: Socket): void {
    socket.data.flush();
  },
  end(socket: Socket): void {
    socket.data.sawEnd();
  },
  close(socket: Socket, error?: Error): void {
    socket.data.sawClose(error);
  },
  error(_socket: Socket, error: Error): void {
    throw error;
  },
};
