import { fstatSync } from "node:fs";
import type { UNIXAddress } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import { NoProtocol } from "../reactor/connect-error.ts";
import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Reactor } from "../reactor/reactor.ts";
import { SingleConnectionFactory } from "../reactor/single-connection-factory.ts";
import { SingleConnectionPort } from "./single-connection-port.ts";
import { failureOf, systemCodeOf } from "./system-code.ts";

/** Which descriptors to use instead of the standard ones. */
export interface StandardIOOptions {
  /** 0 unless told. */
  readonly inputFd?: number;
  /** 1 unless told. */
  readonly outputFd?: number;
}

const DESCRIPTION = "standard input and output";

/**
 * Standard input and output as one connection, whatever they are: pipes, files, a terminal, or a
 * socket, as inetd passes it. Meant for a process that exists for this one connection; nothing else
 * should read or print then.
 *
 * `listen` resolves when `connectionMade` has run. Its port has this one connection, or none when
 * the factory refused it.
 */
export class StandardIOEndpoint implements StreamServerEndpoint {
  readonly #reactor: Reactor;
  readonly #options: StandardIOOptions;
  #state: "offered" | "adopted" = "offered";

  constructor(reactor: Reactor, options: StandardIOOptions = {}) {
    this.#reactor = reactor;
    this.#options = options;
  }

  /** @throws {CannotListenError} as a rejection, when they are not open, and a second time */
  async listen(factory: Factory): Promise<ListeningPort<UNIXAddress>> {
    if (this.#state === "adopted") {
      throw new CannotListenError(DESCRIPTION, "they were adopted before");
    }
    this.#state = "adopted";
    const { inputFd = 0, outputFd = 1 } = this.#options;
    const connection = new SingleConnectionFactory(factory);
    try {
      const isSocket = isSameSocket(inputFd, outputFd);
      const adopted = isSocket ? { fd: inputFd } : { fd: inputFd, outputFd };
      await this.#reactor.connectTCP(adopted, connection);
    } catch (cause) {
      if (!(cause instanceof NoProtocol)) {
        const code = systemCodeOf(cause);
        const options = code === undefined ? { cause } : { code, cause };
        throw new CannotListenError(DESCRIPTION, failureOf(cause), options);
      }
    }
    return new SingleConnectionPort(DESCRIPTION, connection, this.#reactor);
  }
}

/** Whether both are one socket, which then ends its directions by itself. */
function isSameSocket(one: number, another: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(another)];
  return a.isSocket() && b.isSocket() && a.ino === b.ino && a.dev === b.dev;
}
