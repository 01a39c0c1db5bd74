import { lookup } from "node:dns/promises";
import { libcOrNull, requireLibc } from "../native/libc.ts";
import { startConnect } from "../native/precise-socket.ts";
import { SystemCallError } from "../native/system-call-error.ts";
import { peerName, socketDomainAndType } from "../native/socket-descriptor.ts";
import { type Address, checkPort, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { checkUNIXPath } from "../reactor/check-unix-path.ts";
import { ConnectBindError } from "../reactor/connect-error.ts";
import { addressFamily, unmapped } from "../reactor/ip-address.ts";
import type { ConnectTCPOptions } from "../reactor/reactor.ts";
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

/** Every address of `options.host`, in the order the system gives them. */
export async function tcpCandidates(
  options: ConnectTCPOptions,
): Promise<readonly ConnectCandidate[]> {
  const { host, bindAddress } = options;
  const port = checkPort("tcp", options.port);
  const hosts = addressFamily(host) === null ? await lookedUp(host) : [host];
  if (bindAddress !== undefined) requireLibc("choose the local address of a connection");
  const from = bindAddress && new InternetAddress("tcp", bindAddress.host, bindAddress.port ?? 0);
  return hosts.map((each) => new TCPCandidate(new InternetAddress("tcp", each, port), from));
}

async function lookedUp(name: string): Promise<string[]> {
  // The system's answer for no name at all depends on the system.
  if (name === "") return [];
  const found = await lookup(name, { all: true });
  return found.map((each) => each.address);
}

class TCPCandidate implements ConnectCandidate {
  readonly address: InternetAddress;
  readonly #from: InternetAddress | undefined;

  constructor(address: InternetAddress, from: InternetAddress | undefined) {
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
