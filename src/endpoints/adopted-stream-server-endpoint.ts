import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Reactor } from "../reactor/reactor.ts";

/** What kind of listening socket is adopted: IPv4, IPv6 or UNIX, as the system calls them. */
export type SocketDomain = "INET" | "INET6" | "UNIX";

/** A listening socket that somebody else opened. */
export interface AdoptedSocket {
  readonly fd: number;
  readonly domain: SocketDomain;
  /** What the address of a UNIX socket is called; what it is bound to by default. */
  readonly path?: string;
}

const FAMILY_OF_DOMAIN = { INET: "IPv4", INET6: "IPv6" } as const;

/**
 * A listening socket that this process was given, by a service manager or by its parent. It can be
 * listened at once; from then on the reactor owns it, and closes it when its port stops, or when
 * listening fails.
 */
export class AdoptedStreamServerEndpoint implements StreamServerEndpoint {
  readonly #reactor: Reactor;
  readonly #socket: AdoptedSocket;
  #state: "offered" | "adopted" = "offered";

  constructor(reactor: Reactor, socket: AdoptedSocket) {
    this.#reactor = reactor;
    this.#socket = socket;
  }

  /** @throws {CannotListenError} as a rejection, for another kind of socket, and a second time */
  async listen(factory: Factory): Promise<ListeningPort> {
    const { fd, domain, path = "" } = this.#socket;
    if (this.#state === "adopted") {
      throw new CannotListenError(`descriptor ${fd}`, "it was adopted before");
    }
    this.#state = "adopted";
    if (domain === "UNIX") return this.#reactor.listenUNIX({ fd, path }, factory);
    const port = await this.#reactor.listenTCP({ fd }, factory);
    const { family } = port.host;
    if (family === FAMILY_OF_DOMAIN[domain]) return port;
    await port.stopListening();
    throw new CannotListenError(
      `descriptor ${fd}`,
      `it is a socket of ${family}, and ${domain} was expected`,
    );
  }
}
