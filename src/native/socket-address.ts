/**
 * Socket addresses as the system has them (`struct sockaddr_in`, `sockaddr_in6` and `sockaddr_un`)
 * and as we have them, in the scratch memory.
 */
import type { Pointer } from "bun:ffi";
import { isIPv4, isIPv6 } from "node:net";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import type { Libc } from "./libc.ts";
import { scratchAddress, scratchBytes, scratchView } from "./scratch-memory.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "./socket-constants.ts";

/** An IP address, perhaps with a zone (`fe80::1%eth0`, RFC 4007), and a port. */
export interface InternetSocketName {
  readonly family: "IPv4" | "IPv6";
  readonly host: string;
  readonly port: number;
}

/** A path, an abstract name, which starts with a NUL character, or nothing, for an unnamed end. */
interface UNIXSocketName {
  readonly family: "unix";
  readonly path: string;
}

/** The name of one end of a socket. */
export type SocketName = InternetSocketName | UNIXSocketName;

/** The longest address there is, `struct sockaddr_un`. */
export const MAX_ADDRESS_BYTES = 110;

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
/** Where things are: the port of both, the IPv4 address, the IPv6 address and scope, the path. */
const PORT = 2;
const IPV4_ADDRESS = 4;
const IPV6_ADDRESS = 8;
const IPV6_SCOPE = 24;
const PATH = 2;

/** `sun_path` has 108 bytes; a path ends with a NUL, an abstract name does not. */
const MAX_PATH_BYTES = 108;

/** Where text goes on its way to and from the C library: behind the address. */
const TEXT = 128;
/** INET6_ADDRSTRLEN, which is more than IF_NAMESIZE. */
const MAX_TEXT_BYTES = 46;

const MAX_PORT = 65_535;
const MAX_SCOPE = 0xffff_ffff;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/**
 * Writes an address to the scratch memory.
 *
 * @param name its family has to be that of its host
 * @returns its length in bytes, for bind(2) and connect(2)
 * @throws {InvalidAddressError} for a name instead of an IP address, another family, a port out of
 *   range, an interface there is not, or a path that is too long
 */
export function encodeSocketName(libc: Libc, name: SocketName): number {
  scratchBytes.fill(0, 0, MAX_ADDRESS_BYTES);
  if (name.family === "unix") return encodePath(name.path);
  const { family, host, port } = name;
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new InvalidAddressError(`Port ${port} is not a whole number from 0 to ${MAX_PORT}`);
  }
  // Of a zone the system decides: node knows fewer names of interfaces than there are.
  if (family === "IPv4" ? !isIPv4(host) : !isIPv6(host.split("%")[0] ?? "")) {
    throw new InvalidAddressError(`Host ${JSON.stringify(host)} is not an ${family} address`);
  }
  scratchView.setUint16(PORT, port, false);
  return family === "IPv4" ? encodeIPv4(host) : encodeIPv6(libc, host);
}

function encodeIPv4(host: string): number {
  scratchView.setUint16(0, AF_INET, true);
  scratchBytes.set(host.split(".").map(Number), IPV4_ADDRESS);
  return IPV4_BYTES;
}

function encodeIPv6(libc: Libc, host: string): number {
  const zoneAt = host.indexOf("%");
  const address = zoneAt < 0 ? host : host.slice(0, zoneAt);
  const zone = zoneAt < 0 ? undefined : host.slice(zoneAt + 1);
  scratchView.setUint16(0, AF_INET6, true);
  scratchView.setUint32(IPV6_SCOPE, zone === undefined ? 0 : scopeOf(libc, zone), true);
  writeText(address);
  if (libc.inet_pton(AF_INET6, at(TEXT), at(IPV6_ADDRESS)) === 1) return IPV6_BYTES;
  throw new InvalidAddressError(`Host ${JSON.stringify(host)} is not an IPv6 address`);
}

/** The index of an interface, by its name or by the number itself. */
function scopeOf(libc: Libc, zone: string): number {
  if (/^\d+$/.test(zone)) {
    const index = Number(zone);
    if (index <= MAX_SCOPE) return index;
  } else if (zone.length < MAX_TEXT_BYTES) {
    writeText(zone);
    const index = libc.if_nametoindex(at(TEXT));
    if (index !== 0) return index;
  }
  throw new InvalidAddressError(`Zone ${JSON.stringify(zone)} is not an interface of this host`);
}

function encodePath(path: string): number {
  const bytes = ENCODER.encode(path);
  const abstract = bytes[0] === 0;
  const limit = abstract ? MAX_PATH_BYTES : MAX_PATH_BYTES - 1;
  if (bytes.length > limit || bytes.length === 0) {
    const expected = `1 to ${limit} bytes`;
    throw new InvalidAddressError(
      `Path ${JSON.stringify(path)} has ${bytes.length} bytes instead of ${expected}`,
    );
  }
  if (!abstract && bytes.includes(0)) {
    throw new InvalidAddressError(`Path ${JSON.stringify(path)} has a NUL character inside`);
  }
  scratchView.setUint16(0, AF_UNIX, true);
  scratchBytes.set(bytes, PATH);
  return PATH + bytes.length + (abstract ? 0 : 1);
}

/**
 * The address in the scratch memory.
 *
 * @param length its length in bytes, as the system gave it
 * @returns null for a family that is none of ours, such as netlink
 */
export function decodeSocketName(libc: Libc, length: number): SocketName | null {
  switch (length >= PATH ? scratchView.getUint16(0, true) : -1) {
    case AF_INET: {
      const host = scratchBytes.subarray(IPV4_ADDRESS, IPV4_ADDRESS + 4).join(".");
      return { family: "IPv4", host, port: scratchView.getUint16(PORT, false) };
    }
    case AF_INET6: {
      const port = scratchView.getUint16(PORT, false);
      const scope = scratchView.getUint32(IPV6_SCOPE, true);
      libc.inet_ntop(AF_INET6, at(IPV6_ADDRESS), at(TEXT), MAX_TEXT_BYTES);
      const host = readText();
      return { family: "IPv6", host: scope === 0 ? host : `${host}%${zoneOf(libc, scope)}`, port };
    }
    case AF_UNIX:
      return { family: "unix", path: decodePath(length) };
    default:
      return null;
  }
}

function zoneOf(libc: Libc, scope: number): string {
  return libc.if_indextoname(scope, at(TEXT)) === null ? String(scope) : readText();
}

function decodePath(length: number): string {
  const bytes = scratchBytes.subarray(PATH, length);
  if (bytes[0] === 0) return DECODER.decode(bytes);
  const end = bytes.indexOf(0);
  return DECODER.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function writeText(text: string): void {
  const { written } = ENCODER.encodeInto(text, scratchBytes.subarray(TEXT, TEXT + MAX_TEXT_BYTES));
  scratchBytes[TEXT + written] = 0;
}

function readText(): string {
  return DECODER.decode(scratchBytes.subarray(TEXT, scratchBytes.indexOf(0, TEXT)));
}

function at(offset: number): Pointer {
  return (scratchAddress + offset) as Pointer;
}
