type ConnectedSocket = import("bun").udp.ConnectedSocket<"buffer">;

/** Whose client, and which of its datagrams: two numbers at the beginning of each. */
const HEADER_BYTES = 8;

/** What is told of answers. */
export interface LoadClientOwner {
  /** The right answer came. @returns whether to send another one */
  answered(latencyMs: number, now: number): boolean;
  /** The server sent what it was not sent, or went away. */
  failed(why: string): void;
}

/** One client of the load: sends some datagrams, and for each answer the next one. */
export class LoadClient {
  readonly #owner: LoadClientOwner;
  readonly #number: number;
  #socket: ConnectedSocket | null = null;
  #datagram = Buffer.alloc(HEADER_BYTES);
  /** How many were sent, and how many answers came, in the same order. */
  #sent = 0;
  #answered = 0;
  /** When those under way were sent, by their number modulo their count. */
  #sentAt: number[] = [];
  #compares = false;

  /** @param number which of the clients it is */
  constructor(owner: LoadClientOwner, number: number) {
    this.#owner = owner;
    this.#number = number;
  }

  /** Connects to a port of this host. */
  async open(port: number): Promise<void> {
    this.#socket = await Bun.udpSocket({
      connect: { hostname: "127.0.0.1", port },
      socket: {
        data: (_socket, data) => this.#received(data),
        error: () => this.#owner.failed("the server has closed its port"),
      },
    });
  }

  /**
   * Begins to send.
   *
   * @param filling what the datagrams are, but for their beginning
   * @param underWay how many are sent before an answer is waited for
   */
  start(filling: Uint8Array, underWay: number, compares: boolean): void {
    this.#datagram = Buffer.from(filling);
    this.#datagram.writeUInt32LE(this.#number, 0);
    this.#sentAt = new Array(underWay).fill(0);
    this.#compares = compares;
    for (let count = 0; count < underWay; count++) this.#send();
  }

  #send(): void {
    const number = this.#sent++;
    this.#datagram.writeUInt32LE(number, 4);
    this.#sentAt[number % this.#sentAt.length] = performance.now();
    if (this.#socket?.send(this.#datagram) !== true) this.#owner.failed("the kernel took nothing");
  }

  #received(data: Buffer): void {
    const now = performance.now();
    const wrong = this.#whatIsWrong(data);
    if (wrong !== null) {
      this.#owner.failed(`client ${this.#number} got ${wrong}`);
      return;
    }
    const sentAt = this.#sentAt[this.#answered++ % this.#sentAt.length] ?? 0;
    if (this.#owner.answered(now - sentAt, now)) this.#send();
  }

  #whatIsWrong(data: Buffer): string | null {
    if (data.length !== this.#datagram.length) return `${data.length} bytes`;
    if (data.readUInt32LE(0) !== this.#number) return "somebody else's answer";
    const number = data.readUInt32LE(4);
    if (number !== this.#answered) return `answer ${number} instead of ${this.#answered}`;
    if (!this.#compares) return null;
    const rest = data.subarray(HEADER_BYTES).equals(this.#datagram.subarray(HEADER_BYTES));
    return rest ? null : "an answer with a changed byte";
  }
}
