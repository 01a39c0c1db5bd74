import { libcOrNull, requireLibc } from "../native/libc.ts";
import { startConnect } from "../native/precise-socket.ts";
import { SystemCallError } from "../native/system-call-error.ts";
import { peerName, socketDomainAndType } from "../native/socket-descriptor.ts";
import { type Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { checkUNIXPath } from "../reactor/check-unix-path.ts";
import { ConnectBindError } from "../reactor/connect-error.ts";
import { unmapped } from "../reactor/ip-address.ts";
import type {
  ConnectAttempt,
  ConnectAttemptOwner,
  ConnectCandidate,
} from "../transport/connect-candidate.ts";
import type { BunConnectWhere, BunSocket } from "./bun-socket.ts";
import { BunConnectAttempt } from "./connect-attempt.ts";
import { tcpHostOf } from "./internet-ends.ts";

/** Where the local end of a TCP connection is, when the system will not say. */
const UNKNOWN_HOST = new InternetAddress("tcp", "0.0.0.0", 0);

/** An unnamed end of a UNIX socket. */
const UNNAMED = new UNIXAddress("");

/** An IP address and port. */
export class TCPCandidate implements ConnectCandidate {
  readonly address: InternetAddress;
  readonly #from: InternetAddress | undefined;

  /**
   * @param from the local address to connect from, where it is chosen
   * @throws {Error} when it is, and libc cannot be loaded
   */
  constructor(address: InternetAddress, from: InternetAddress | undefined) {
    if (from !== undefined) requireLibc("choose the local address of a connection");
    this.address = address;
    this.#from = from;
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const where = this.#where();
    const opens = "fd" in where ? "connecting" : "connected";
    return new BunConnectAttempt(where, this.address, ourEndOf, owner, opens);
  }

  /**
   * Through libc where it is there: the attempt can then be cancelled, fails with its true cause,
   * and may choose its local address. Bun's own connect calls most failures ECONNREFUSED.
   */
  #where(): BunConnectWhere {
    const { host, port } = this.address;
    if (libcOrNull() === null) return { hostname: host, port };
    try {
      return startConnect(this.address, this.#from);
    } catch (cause) {
      if (!(cause instanceof SystemCallError) || cause.phase !== "bind") throw cause;
      const { code, message } = cause;
      throw new ConnectBindError(this.address.toString(), message, { code, cause });
    }
  }
}

function ourEndOf(socket: BunSocket): Address {
  return tcpHostOf(socket) ?? UNKNOWN_HOST;
}

/** The path or abstract name itself. */
export class UNIXCandidate implements ConnectCandidate {
  readonly address: UNIXAddress;

  constructor(path: string) {
    this.address = new UNIXAddress(path);
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const { path } = this.address;
    checkUNIXPath(path);
    return new BunConnectAttempt({ unix: path }, this.address, () => UNNAMED, owner);
  }
}

/** A connected stream socket that somebody else opened. */
export class AdoptedCandidate implements ConnectCandidate {
  readonly address: Address;
  readonly #fd: number;

  /** @throws {TypeError} when `fd` is not a connected stream socket */
  constructor(fd: number) {
    const kind = socketDomainAndType(fd);
    if (kind.type !== "stream" || kind.listening) {
      throw new TypeError(`Descriptor ${fd} is not a connected stream socket`);
    }
    const peer = peerName(fd);
    this.address =
      peer.family === "unix"
        ? new UNIXAddress(peer.path)
        : new InternetAddress("tcp", unmapped(peer.host), peer.port);
    this.#fd = fd;
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const hostOf = this.address.kind === "unix" ? () => UNNAMED : ourEndOf;
    return new BunConnectAttempt({ fd: this.#fd }, this.address, hostOf, owner, "adopted");
  }
}
