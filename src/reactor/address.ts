/**
 * Where a connection or a datagram comes from and goes to: frozen values that compare by content.
 */
import { InvalidAddressError } from "./invalid-address-error.ts";
import { type AddressFamily, addressFamily, canonicalHost } from "./ip-address.ts";

/** The address of one end of a connection, or of a datagram's sender; tell them apart by `kind`. */
export type Address = InternetAddress | UNIXAddress;

/** The largest port number there is. */
const MAX_PORT = 65_535;

/** An IP address and a port, for TCP or UDP. */
export class InternetAddress {
  readonly kind: "tcp" | "udp";
  readonly family: AddressFamily;
  /** In the one form there is for it (RFC 5952), however it was written. */
  readonly host: string;
  readonly port: number;

  /**
   * @param host an IP address in any text form, never a name; a link-local one with its zone
   *   (`fe80::1%eth0`), by the name or the number of the interface
   * @param port 0 to 65535
   * @throws {InvalidAddressError} when `host` is not an IP address or `port` is out of range
   */
  constructor(kind: "tcp" | "udp", host: string, port: number) {
    const family = addressFamily(host);
    if (family === null) {
      throw new InvalidAddressError(`${kind} host ${JSON.stringify(host)} is not an IP address`);
    }
    this.kind = kind;
    this.family = family;
    this.host = family === "IPv4" ? host : canonicalHost(host);
    this.port = checkPort(kind, port);
    Object.freeze(this);
  }

  /** Whether `other` names the same end: the same kind, host and port. */
  equals(other: Address): boolean {
    return other.kind === this.kind && other.host === this.host && other.port === this.port;
  }

  /** The form used in messages, such as `tcp 127.0.0.1:7` or `udp [::1]:7`. */
  toString(): string {
    return `${this.kind} ${this.family === "IPv6" ? `[${this.host}]` : this.host}:${this.port}`;
  }
}

/** The path of a UNIX socket; empty for a client that has none. */
export class UNIXAddress {
  readonly kind = "unix";
  /** A file system path, or an abstract name, which starts with a NUL character. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    Object.freeze(this);
  }

  /** Whether `other` names the same path. */
  equals(other: Address): boolean {
    return other.kind === "unix" && other.path === this.path;
  }

  /** Such as `unix /run/echo.sock`, `unix @echo` (for an abstract name) or `unix (unnamed)`. */
  toString(): string {
    return `unix ${this.path === "" ? "(unnamed)" : this.path.replace(/^\0/, "@")}`;
  }
}

/**
 * The port itself, when it is a whole number from 0 to 65535.
 *
 * @throws {InvalidAddressError} otherwise
 */
export function checkPort(kind: "tcp" | "udp", port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  throw new InvalidAddressError(`${kind} port ${port} is not a whole number from 0 to ${MAX_PORT}`);
}
