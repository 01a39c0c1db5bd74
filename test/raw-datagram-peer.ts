import { Occurrences } from "./occurrences.ts";

type Socket = import("bun").udp.Socket<"buffer"> & { readonly fd: number };

/** One datagram as a raw peer got it. */
export interface RawDatagram {
  readonly data: Buffer;
  readonly host: string;
  readonly port: number;
}

/** A bare UDP socket: sends what it is told, one datagram a call, and keeps what it gets. */
export class RawDatagramPeer implements Disposable {
  readonly #occurrences = new Occurrences();
  readonly #received: RawDatagram[] = [];
  /** What the system reported, such as refusals. */
  readonly errors: unknown[] = [];
  #socket: Socket | null = null;
  #taken = 0;

  /** @param hostname where it is bound; 127.0.0.1 unless told */
  static async open(hostname = "127.0.0.1", port = 0): Promise<RawDatagramPeer> {
    const peer = new RawDatagramPeer();
    peer.#socket = (await Bun.udpSocket({
      hostname,
      port,
      socket: {
        data: (_socket: unknown, data: Buffer, from: number, host: string) => {
          peer.#received.push({ data, host, port: from });
          peer.#occurrences.happened();
        },
        error: (...parts: unknown[]) => {
          peer.errors.push(parts.at(-1));
        },
      },
    } as never)) as unknown as Socket;
    return peer;
  }

  get port(): number {
    return this.#openSocket.port;
  }

  /** Where it is, as a destination. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#openSocket.hostname, port: this.port };
  }

  get received(): readonly RawDatagram[] {
    return this.#received;
  }

  send(data: Uint8Array | string, port: number, host = "127.0.0.1"): void {
    if (!this.#openSocket.send(data, port, host)) throw new Error("The kernel took no datagram");
  }

  setBroadcast(on: boolean): void {
    this.#openSocket.setBroadcast(on);
  }

  setMulticastInterface(host: string): void {
    this.#openSocket.setMulticastInterface(host);
  }

  /** Resolves with the next datagram, in the order they came. */
  async receive(): Promise<RawDatagram> {
    const index = this.#taken++;
    await this.#occurrences.until("a datagram", () => index < this.#received.length);
    return this.#received[index] as RawDatagram;
  }

  /** Resolves with the next datagram's text. */
  async receiveText(): Promise<string> {
    return (await this.receive()).data.toString();
  }

  [Symbol.dispose](): void {
    this.#socket?.close();
  }

  get #openSocket(): Socket {
    if (this.#socket === null) throw new Error("The peer's socket is not open");
    return this.#socket;
  }
}
