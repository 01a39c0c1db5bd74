import { Occurrences } from "./occurrences.ts";
import { RAW_HANDLERS, RawPeer, type RawTarget } from "./raw-peer.ts";

type Socket = Parameters<(typeof RAW_HANDLERS)["open"]>[0];

/** Where a raw listener listens: port 0 of 127.0.0.1 unless told. */
type RawPlace = { readonly port?: number; readonly hostname?: string } | { readonly unix: string };

/** Accepts connections and hands each over as a `RawPeer`, in the order they came. */
export class RawListener implements Disposable {
  readonly #occurrences = new Occurrences();
  readonly #accepted: RawPeer[] = [];
  readonly #listener: { readonly port?: number; stop(closeConnections: boolean): void };
  /** Where to connect to. */
  readonly target: RawTarget;
  #taken = 0;

  constructor(place: RawPlace = {}) {
    const where = "unix" in place ? place : { hostname: "127.0.0.1", port: 0, ...place };
    const open = (socket: Socket) => {
      const peer = new RawPeer();
      socket.data = peer;
      peer.attach(socket);
      this.#accepted.push(peer);
      this.#occurrences.happened();
    };
    const options = { ...where, allowHalfOpen: true, socket: { ...RAW_HANDLERS, open } };
    this.#listener = Bun.listen(options as never) as never;
    this.target = "unix" in where ? where : { ...where, port: this.#listener.port ?? 0 };
  }

  /** The port it listens at; 0 for a UNIX socket. */
  get port(): number {
    return this.#listener.port ?? 0;
  }

  /** Resolves with the next connection. */
  async accept(): Promise<RawPeer> {
    const index = this.#taken++;
    await this.#occurrences.until("a connection", () => index < this.#accepted.length);
    return this.#accepted[index] as RawPeer;
  }

  /** Stops listening and ends with a RST what has not ended. */
  [Symbol.dispose](): void {
    this.#listener.stop(false);
    for (const peer of this.#accepted) peer[Symbol.dispose]();
  }
}
