/** IP addresses and paths as the binary header has them. */
import { UNIXAddress } from "../reactor/address.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import { isIPv4 } from "../reactor/ip-address.ts";

/** The size of a path in the binary header, as in the kernel's own address. */
export const UNIX_PATH_BYTES = 108;

/** What stands in front of the IPv4 address in a mapped one (RFC 4291 section 2.5.5.2). */
const MAPPED_PREFIX = Buffer.from("00000000000000000000ffff", "hex");

const IPV6_GROUPS = 8;

/** The 4 or 16 bytes of an IP address in text form; a zone is left out. */
export function ipBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from(host.split(".").map(Number));
  const [plain = ""] = host.split("%");
  // The URL parser brings all forms of RFC 4291 to hexadecimal groups.
  const text = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [front = "", back] = text.split("::");
  const before = groupsOf(front);
  const after = groupsOf(back ?? "");
  const zeros = Array<number>(IPV6_GROUPS - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(2 * IPV6_GROUPS);
  [...before, ...zeros, ...after].forEach((group, index) => bytes.writeUInt16BE(group, 2 * index));
  return bytes;
}

/** The usual text form (RFC 5952) of 4 or 16 bytes. */
export function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const prefixBytes = MAPPED_PREFIX.length;
  if (bytes.subarray(0, prefixBytes).equals(MAPPED_PREFIX)) {
    return `::ffff:${bytes.subarray(prefixBytes).join(".")}`;
  }
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** A path, filled up with NUL. @throws {InvalidAddressError} when it does not fit */
export function pathBytes(address: UNIXAddress): Buffer {
  const path = Buffer.from(address.path);
  if (path.length > UNIX_PATH_BYTES || path.includes(0, 1)) {
    const needed = `at most ${UNIX_PATH_BYTES} bytes without NUL`;
    throw new InvalidAddressError(`A PROXY header cannot have ${address}: ${needed} are needed`);
  }
  return Buffer.concat([path], UNIX_PATH_BYTES);
}

/** The reverse; an abstract name begins with a NUL, and what is after the next one is filling. */
export function pathAddress(bytes: Buffer): UNIXAddress {
  const end = bytes.indexOf(0, 1);
  const path = bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
  return new UNIXAddress(path === "\0" ? "" : path);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
