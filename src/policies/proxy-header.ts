import { type Address, InternetAddress } from "../reactor/address.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";

/** Further information in a header of version 2: a type and a value. */
export interface ProxyTLV {
  /** 0 to 255; `PROXY_TLV_TYPES` names some. */
  readonly type: number;
  readonly value: Uint8Array;
}

/**
 * What a proxy says of a connection that it forwards, in front of it (the PROXY protocol of
 * HAProxy).
 */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** The client; null when the proxy does not say, or speaks for itself (UNKNOWN, LOCAL). */
  readonly source: Address | null;
  /** What the client connected to; null together with `source`. */
  readonly destination: Address | null;
  /** In the order of the header; empty in version 1, and when there are no addresses. */
  readonly tlvs: readonly ProxyTLV[];
}

/** The types of TLV that the specification gives a meaning to (section 2.2). */
export const PROXY_TLV_TYPES = {
  /** The protocol chosen by ALPN. */
  alpn: 0x01,
  /** The host name that the client asked for, as by SNI. */
  authority: 0x02,
  /** A checksum over the header; checked by the parser. */
  crc32c: 0x03,
  /** To be ignored. */
  noop: 0x04,
  /** An opaque name of the connection, of up to 128 bytes. */
  uniqueID: 0x05,
  /** What is known of the client's TLS; TLVs are nested in it. */
  ssl: 0x20,
  /** The name of the network namespace. */
  netns: 0x30,
} as const;

/** The two addresses of a header that has them. */
export interface ProxyAddresses {
  readonly source: Address;
  readonly destination: Address;
}

/**
 * The addresses of `header` in a form that both fit in one header: null when there are none, and
 * with an IPv4 address mapped into IPv6 when the other one is IPv6.
 *
 * @throws {InvalidAddressError} when only one is there, or they are of different kinds
 */
export function headerAddresses(
  header: Pick<ProxyHeader, "source" | "destination">,
): ProxyAddresses | null {
  const { source, destination } = header;
  if (source === null && destination === null) return null;
  if (source === null || destination === null || source.kind !== destination.kind) {
    const detail = "both addresses must be null, or both of one kind";
    throw new InvalidAddressError(
      `A PROXY header cannot have ${source} and ${destination}: ${detail}`,
    );
  }
  if (source.kind === "unix" || destination.kind === "unix") return { source, destination };
  if (source.family === destination.family) return { source, destination };
  return { source: mapped(source), destination: mapped(destination) };
}

/** As an IPv6 address (RFC 4291 section 2.5.5.2). */
function mapped(address: InternetAddress): InternetAddress {
  if (address.family === "IPv6") return address;
  return new InternetAddress(address.kind, `::ffff:${address.host}`, address.port);
}
