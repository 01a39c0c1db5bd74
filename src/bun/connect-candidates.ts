import { libcOrNull, requireLibc } from "../native/libc.ts";
import { startConnect } from "../native/precise-socket.ts";
import { SystemCallError } from "../native/system-call-error.ts";
import { type InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { checkUNIXPath } from "../reactor/check-unix-path.ts";
import { ConnectBindError } from "../reactor/connect-error.ts";
import type {
  ConnectAttempt,
  ConnectAttemptOwner,
  ConnectCandidate,
} from "../transport/connect-candidate.ts";
import type { BunConnectWhere } from "./bun-socket.ts";
import { BunConnectAttempt } from "./connect-attempt.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { releaseDescriptor } from "./release-descriptor.ts";
import { ourTCPEnd } from "./socket-ends.ts";

/** Our own end of a UNIX socket that nobody has bound. */
const UNNAMED = new UNIXAddress("");

/** An IP address and port. */
export class TCPCandidate implements ConnectCandidate {
  readonly #address: InternetAddress;
  readonly #from: InternetAddress | undefined;
  readonly #reserve: DescriptorReserve;

  /**
   * @param from the local address to connect from, where it is chosen
   * @throws {Error} when it is, and libc cannot be loaded
   */
  constructor(
    address: InternetAddress,
    from: InternetAddress | undefined,
    reserve: DescriptorReserve,
  ) {
    if (from !== undefined) requireLibc("choose the local address of a connection");
    this.#address = address;
    this.#from = from;
    this.#reserve = reserve;
  }

  get description(): string {
    return this.#address.toString();
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const where = this.#where();
    const opens = "fd" in where ? "connecting" : "connected";
    return new BunConnectAttempt(where, this.#address, ourTCPEnd, owner, opens);
  }

  /**
   * Through libc where it is there: the attempt can then be cancelled, fails with its true cause,
   * and may choose its local address. Bun's own connect calls most failures ECONNREFUSED.
   */
  #where(): BunConnectWhere {
    const { host, port } = this.#address;
    if (libcOrNull() === null) return { hostname: host, port };
    try {
      const socket = startConnect(this.#address, this.#from);
      if (this.#reserve.lendsTo(socket.fd)) return socket;
      releaseDescriptor(socket.fd);
      throw new SystemCallError("socket", "EMFILE", this.description);
    } catch (cause) {
      if (!(cause instanceof SystemCallError) || cause.phase !== "bind") throw cause;
      const { code, message } = cause;
      throw new ConnectBindError(this.#address.toString(), message, { code, cause });
    }
  }
}

/** The path or abstract name itself. */
export class UNIXCandidate implements ConnectCandidate {
  readonly #address: UNIXAddress;

  constructor(path: string) {
    this.#address = new UNIXAddress(path);
  }

  get description(): string {
    return this.#address.toString();
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const { path } = this.#address;
    checkUNIXPath(path);
    return new BunConnectAttempt({ unix: path }, this.#address, () => UNNAMED, owner);
  }
}
