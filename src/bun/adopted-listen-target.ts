import { type SocketKind, socketDomainAndType } from "../native/socket-descriptor.ts";
import type { Address } from "../reactor/address.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "../transport/listen-target.ts";
import { systemCodeOf } from "../transport/system-error.ts";
import { BunOpenListener, listenFor, setQueueLength } from "./bun-open-listener.ts";
import type { BunListener } from "./bun-socket.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { releaseDescriptor } from "./release-descriptor.ts";
import type { EndsOf } from "./socket-ends.ts";

/** What kind of listening socket is adopted, and what is known of it. */
export interface AdoptedKind<A extends Address> {
  readonly kind: A["kind"];
  readonly domains: readonly SocketKind["domain"][];
  /** Where the socket listens. */
  readonly addressOf: (fd: number) => A;
  /** The ends of a connection that has come in at `host`. */
  readonly endsAt: (host: A) => EndsOf;
}

/**
 * A listening socket that somebody else opened, and that is the reactor's from now on. It is
 * adopted once: a stop closes it, and its number may be anybody's afterwards.
 */
export class AdoptedListenTarget<A extends Address> implements ListenTarget<A> {
  readonly description: string;
  readonly #fd: number;
  readonly #backlog: number | undefined;
  readonly #adopted: AdoptedKind<A>;
  readonly #reserve: DescriptorReserve;
  #state: "offered" | "adopted" | "discarded" = "offered";

  constructor(
    fd: number,
    backlog: number | undefined,
    adopted: AdoptedKind<A>,
    reserve: DescriptorReserve,
  ) {
    this.description = `${adopted.kind} descriptor ${fd}`;
    this.#fd = fd;
    this.#backlog = backlog;
    this.#adopted = adopted;
    this.#reserve = reserve;
  }

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<A>> {
    this.#mustBeListening();
    const host = this.#adopted.addressOf(this.#fd);
    const listener = this.#adopt(() =>
      listenFor(acceptor, { fd: this.#fd }, this.#adopted.endsAt(host), this.#reserve),
    );
    if (this.#backlog !== undefined) setQueueLength(listener, this.#backlog);
    return new BunOpenListener(listener, host, () => listener.stop(false));
  }

  discard(): void {
    if (this.#state === "offered") releaseDescriptor(this.#fd);
    this.#state = "discarded";
  }

  /** @throws {TypeError} when it is not a listening stream socket of the right kind */
  #mustBeListening(): void {
    if (this.#state !== "offered") {
      throw new Error(
        `descriptor ${this.#fd} was adopted before and is closed: open another socket`,
      );
    }
    const { type, listening, domain } = socketDomainAndType(this.#fd);
    const { domains } = this.#adopted;
    if (type === "stream" && listening && domains.includes(domain)) return;
    throw new TypeError(
      `descriptor ${this.#fd} is ${listening ? "a" : "not a"} listening ${domain} ${type} ` +
        `socket: a listening stream socket of ${domains.join(" or ")} is needed`,
    );
  }

  #adopt(listen: () => BunListener): BunListener {
    try {
      const listener = listen();
      this.#state = "adopted";
      return listener;
    } catch (error) {
      // Who serves it in this process already goes on with it.
      if (systemCodeOf(error).code === "EEXIST") this.#state = "adopted";
      throw error;
    }
  }
}
