import { type SocketKind, socketDomainAndType } from "../native/socket-descriptor.ts";
import type { BunListener } from "./bun-socket.ts";

/**
 * A listening socket that somebody else opened. It is adopted once: a stop closes it, and its
 * number may be anybody's afterwards.
 */
export class AdoptableListener {
  readonly #fd: number;
  readonly #domains: readonly SocketKind["domain"][];
  #state: "offered" | "adopted" = "offered";

  /** @param domains what kinds of socket will do */
  constructor(fd: number, domains: readonly SocketKind["domain"][]) {
    this.#fd = fd;
    this.#domains = domains;
  }

  /**
   * Has `listen` adopt the descriptor.
   *
   * @throws {TypeError} when it is not a listening stream socket of the right kind
   * @throws {Error} when it was adopted before, or by what `listen` throws
   */
  adopt(listen: (fd: number) => BunListener): BunListener {
    const { type, listening, domain } = this.#kind();
    if (type !== "stream" || !listening || !this.#domains.includes(domain)) {
      throw new TypeError(
        `descriptor ${this.#fd} is ${listening ? "a" : "not a"} listening ${domain} ${type} ` +
          `socket: a listening stream socket of ${this.#domains.join(" or ")} is needed`,
      );
    }
    const listener = listen(this.#fd);
    this.#state = "adopted";
    return listener;
  }

  #kind(): SocketKind {
    if (this.#state === "offered") return socketDomainAndType(this.#fd);
    throw new Error(`descriptor ${this.#fd} was adopted before and is closed: open another socket`);
  }
}
