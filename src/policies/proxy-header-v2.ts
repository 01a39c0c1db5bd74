/** Version 2 of the PROXY protocol: binary (specification, section 2.2). */
import { type Address, InternetAddress } from "../reactor/address.ts";
import { ipBytes, ipText, pathAddress, pathBytes, UNIX_PATH_BYTES } from "./proxy-address-bytes.ts";
import { headerAddresses, type ProxyAddresses, type ProxyHeader } from "./proxy-header.ts";
import {
  InvalidNetworkProtocol,
  InvalidProxyHeader,
  MissingAddressData,
} from "./proxy-header-error.ts";
import { checkTLVs, encodeTLVs, fillChecksum, parseTLVs } from "./proxy-tlvs.ts";

/** What every header begins with; no text protocol does. */
export const V2_SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n");

/** The signature, version and command, family and protocol, and the length of what follows. */
export const V2_FIXED_BYTES = 16;

const VERSION_OFFSET = 12;
const FAMILY_OFFSET = 13;
const LENGTH_OFFSET = 14;
const MAX_LENGTH = 65_535;

const VERSION = 0x20;
const LOCAL = 0x0;
const PROXY = 0x1;

/** By the upper half of the byte; the numbers are those of the specification. */
const FAMILIES = ["unspecified", "IPv4", "IPv6", "unix"] as const;
type Family = (typeof FAMILIES)[number];
const PROTOCOLS = ["unspecified", "stream", "datagram"] as const;

/** How many bytes the two addresses, with their ports, take. */
const ADDRESS_BYTES: Readonly<Record<Family, number>> = {
  unspecified: 0,
  IPv4: 12,
  IPv6: 36,
  unix: 2 * UNIX_PATH_BYTES,
};

/**
 * How long a header is in all, as its first 16 bytes say; null when there are fewer. What is
 * there is checked, so that nobody waits for the rest of a header that cannot become valid.
 *
 * @param start begins with the signature, as far as it goes
 * @throws {InvalidProxyHeader} also its subclasses
 */
export function proxyV2Length(start: Buffer): number | null {
  if (start.length > VERSION_OFFSET) readCommand(start);
  if (start.length > FAMILY_OFFSET) readFamily(start);
  if (start.length < V2_FIXED_BYTES) return null;
  const length = start.readUInt16BE(LENGTH_OFFSET);
  const needed = ADDRESS_BYTES[readFamily(start)];
  if (length < needed) {
    throw new MissingAddressData(`PROXY header has ${length} bytes of ${needed} for its addresses`);
  }
  return V2_FIXED_BYTES + length;
}

/**
 * Reads a whole header. Without addresses what is in their place is ignored, as is said of it.
 *
 * @throws {InvalidProxyHeader} when it does not follow the rules; also its subclasses
 */
export function parseProxyV2(header: Buffer): ProxyHeader {
  const family = readFamily(header);
  if (family === "unspecified") return { version: 2, source: null, destination: null, tlvs: [] };
  const start = V2_FIXED_BYTES + ADDRESS_BYTES[family];
  const tlvs = parseTLVs(header, start);
  return { version: 2, ...readAddresses(header, family), tlvs };
}

/**
 * The bytes of `header`: LOCAL when there are no addresses. A TLV of type 3 stands for the
 * checksum, which is computed whatever its value; the other TLVs are sent as they are.
 *
 * @throws {InvalidAddressError} when one address is missing, or of another kind than the other
 * @throws {RangeError} when the TLVs are too long, or there is no such type
 * @throws {TypeError} for TLVs without addresses, which nobody would read
 */
export function encodeProxyV2(header: Omit<ProxyHeader, "version">): Buffer {
  const { tlvs } = header;
  const addresses = headerAddresses(header);
  if (addresses === null && tlvs.length > 0) {
    throw new TypeError("A PROXY header without addresses cannot have TLVs");
  }
  checkTLVs(tlvs);
  const encodedTLVs = Buffer.concat(encodeTLVs(tlvs));
  const body = Buffer.concat([...(addresses ? addressBytes(addresses) : []), encodedTLVs]);
  if (body.length > MAX_LENGTH) {
    throw new RangeError(`A PROXY header of ${body.length} bytes is too long: 65535 are allowed`);
  }
  const fixed = Buffer.alloc(V2_FIXED_BYTES);
  V2_SIGNATURE.copy(fixed);
  fixed[VERSION_OFFSET] = VERSION | (addresses === null ? LOCAL : PROXY);
  fixed[FAMILY_OFFSET] = addresses === null ? 0 : familyByte(addresses.source);
  fixed.writeUInt16BE(body.length, LENGTH_OFFSET);
  const encoded = Buffer.concat([fixed, body]);
  fillChecksum(encoded, encoded.length - encodedTLVs.length);
  return encoded;
}

function readCommand(header: Buffer): number {
  const byte = header[VERSION_OFFSET] ?? 0;
  const command = byte & 0xf;
  if ((byte & 0xf0) !== VERSION) {
    throw new InvalidProxyHeader(`PROXY header is of version ${byte >> 4}: 2 was expected`);
  }
  if (command !== LOCAL && command !== PROXY) {
    throw new InvalidProxyHeader(`PROXY command ${command} is not LOCAL (0) or PROXY (1)`);
  }
  return command;
}

/** Unspecified too for LOCAL, whatever the byte says, and when the protocol is not specified. */
function readFamily(header: Buffer): Family {
  if (readCommand(header) === LOCAL) return "unspecified";
  const byte = header[FAMILY_OFFSET] ?? 0;
  const family = FAMILIES[byte >> 4];
  const protocol = PROTOCOLS[byte & 0xf];
  if (family === undefined || protocol === undefined) {
    const hexadecimal = byte.toString(16).padStart(2, "0");
    throw new InvalidNetworkProtocol(`PROXY family and protocol 0x${hexadecimal} are unknown`);
  }
  return protocol === "unspecified" ? "unspecified" : family;
}

function readAddresses(header: Buffer, family: Exclude<Family, "unspecified">): ProxyAddresses {
  const end = V2_FIXED_BYTES + ADDRESS_BYTES[family];
  const fields = header.subarray(V2_FIXED_BYTES, end);
  if (family === "unix") {
    return {
      source: pathAddress(fields.subarray(0, UNIX_PATH_BYTES)),
      destination: pathAddress(fields.subarray(UNIX_PATH_BYTES)),
    };
  }
  const kind = ((header[FAMILY_OFFSET] ?? 0) & 0xf) === 1 ? "tcp" : "udp";
  const size = family === "IPv4" ? 4 : 16;
  const read = (index: number) => {
    const host = ipText(fields.subarray(index * size, (index + 1) * size));
    return new InternetAddress(kind, host, fields.readUInt16BE(2 * size + 2 * index));
  };
  return { source: read(0), destination: read(1) };
}

function familyByte(address: Address): number {
  const family = address.kind === "unix" ? "unix" : address.family;
  const protocol = address.kind === "udp" ? "datagram" : "stream";
  return (FAMILIES.indexOf(family) << 4) | PROTOCOLS.indexOf(protocol);
}

function addressBytes({ source, destination }: ProxyAddresses): Buffer[] {
  if (source.kind === "unix" || destination.kind === "unix") {
    return [source, destination].map((end) => {
      if (end.kind !== "unix") throw new TypeError("Both addresses are of one kind");
      return pathBytes(end);
    });
  }
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  return [ipBytes(source.host), ipBytes(destination.host), ports];
}
