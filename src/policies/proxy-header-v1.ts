/** Version 1 of the PROXY protocol: one line of text (specification, section 2.1). */
import { InternetAddress } from "../reactor/address.ts";
import { addressFamily } from "../reactor/ip-address.ts";
import { ipBytes, ipText } from "./proxy-address-bytes.ts";
import { headerAddresses, type ProxyHeader } from "./proxy-header.ts";
import {
  InvalidNetworkProtocol,
  InvalidProxyHeader,
  MissingAddressData,
} from "./proxy-header-error.ts";

/** What every line begins with. */
export const V1_PREFIX = Buffer.from("PROXY ");

/** What every line ends with. */
export const V1_DELIMITER = Buffer.from("\r\n");

/** The longest line there is, with its end: 107 bytes, says the specification. */
export const V1_MAX_BYTES = 107;

/** Source and destination, then their ports. */
const ADDRESS_FIELDS = 4;

const UNKNOWN = "UNKNOWN";
const LARGEST_PORT = 65_535;

/**
 * Reads a line that begins with `PROXY ` and is given without its end.
 *
 * @throws {InvalidProxyHeader} when it does not follow the rules; also its subclasses
 */
export function parseProxyV1(line: Buffer): ProxyHeader {
  const [protocol = "", ...fields] = line.toString("latin1", V1_PREFIX.length).split(" ");
  // Whatever follows UNKNOWN is to be ignored.
  if (protocol === UNKNOWN) return { version: 1, source: null, destination: null, tlvs: [] };
  const family = protocol === "TCP4" ? "IPv4" : protocol === "TCP6" ? "IPv6" : null;
  if (family === null) {
    const name = JSON.stringify(protocol);
    throw new InvalidNetworkProtocol(`${name} is not TCP4, TCP6 or UNKNOWN`);
  }
  const [source = "", destination = "", sourcePort = "", destinationPort = ""] = fields;
  if (fields.length < ADDRESS_FIELDS) {
    throw new MissingAddressData(`PROXY line has ${fields.length} of ${ADDRESS_FIELDS} fields`);
  }
  if (fields.length > ADDRESS_FIELDS) {
    throw new InvalidProxyHeader(`PROXY line has ${fields.length} fields: 4 were expected`);
  }
  return {
    version: 1,
    source: parseAddress(family, source, sourcePort),
    destination: parseAddress(family, destination, destinationPort),
    tlvs: [],
  };
}

/**
 * The line for `header`; UNKNOWN unless both addresses are of TCP. A zone is left out.
 *
 * @throws {InvalidAddressError} when one address is missing, or of another kind than the other
 * @throws {TypeError} for TLVs, which only version 2 has
 */
export function encodeProxyV1(header: Omit<ProxyHeader, "version">): Buffer {
  if (header.tlvs.length > 0) {
    throw new TypeError("A PROXY header of version 1 cannot have TLVs: version 2 is needed");
  }
  const addresses = headerAddresses(header);
  if (addresses?.source.kind !== "tcp" || addresses.destination.kind !== "tcp") {
    return Buffer.from(`PROXY ${UNKNOWN}\r\n`);
  }
  const { source, destination } = addresses;
  const protocol = source.family === "IPv4" ? "TCP4" : "TCP6";
  const hosts = `${usualText(source)} ${usualText(destination)}`;
  return Buffer.from(`PROXY ${protocol} ${hosts} ${source.port} ${destination.port}\r\n`);
}

/** Longer forms could make the line too long. */
function usualText(address: InternetAddress): string {
  return ipText(ipBytes(address.host));
}

function parseAddress(family: "IPv4" | "IPv6", host: string, port: string): InternetAddress {
  if (addressFamily(host) !== family || host.includes("%")) {
    throw new InvalidProxyHeader(`${JSON.stringify(host)} is not an ${family} address`);
  }
  if (!/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > LARGEST_PORT) {
    throw new InvalidProxyHeader(`${JSON.stringify(port)} is not a port from 0 to ${LARGEST_PORT}`);
  }
  // In the usual form, so that the addresses of one client compare equal.
  return new InternetAddress("tcp", ipText(ipBytes(host)), Number(port));
}
