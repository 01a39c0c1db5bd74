/**
 * IP addresses in text form: what is one, and which text is the usual one for it.
 *
 * The forms are those of RFC 4291 (with RFC 4007 zone) for IPv6 and of strict dotted decimal for
 * IPv4: four numbers, nothing shortened, nothing around it.
 */
import { isIPv4, isIPv6 as isIPv6WithoutZone } from "node:net";
import { networkInterfaces } from "node:os";

export { isIPv4 };

/** The two internet address families, by the names node gives them. */
export type AddressFamily = "IPv4" | "IPv6";

/** What every mapped address begins with in its canonical form, and few others do. */
export const MAPPED_PREFIX = "::ffff:";

/** A mapped address as the URL standard writes it, which has no dots. */
const MAPPED_GROUPS = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** What Linux lets an interface be called. Node's own test refuses many of these names. */
const ZONE = /^[^\s/\p{Cc}]+$/u;

/** An interface by its number. */
const ZONE_INDEX = /^\d+$/;

/** Where a zone means something: fe80::/10, ff01::/16 and ff02::/16, whatever their flags. */
const NEEDS_ZONE = /^(?:fe[89ab][0-9a-f]|ff[0-9a-f][12]):/;

/** Whether `host` is an IPv6 address in text form, perhaps with a zone. */
export function isIPv6(host: string): boolean {
  const zoneAt = host.indexOf("%");
  if (zoneAt < 0) return isIPv6WithoutZone(host);
  return isIPv6WithoutZone(host.slice(0, zoneAt)) && ZONE.test(host.slice(zoneAt + 1));
}

/** The family of an IP address in text form, or null when `host` is not an IP address. */
export function addressFamily(host: string): AddressFamily | null {
  if (isIPv4(host)) return "IPv4";
  return isIPv6(host) ? "IPv6" : null;
}

/**
 * The one text for an IP address, however it was written: the form of RFC 5952, and a zone by the
 * name of its interface where this host has it. A zone is left out where it means nothing, as the
 * system does. What is not an IP address is given back as it is.
 */
export function canonicalHost(host: string): string {
  if (isIPv4(host) || !isIPv6(host)) return host;
  const [address = "", zone] = splitZone(host);
  // The URL parser knows every form of RFC 4291.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED_GROUPS.exec(text);
  if (mapped !== null) return `${MAPPED_PREFIX}${dotted(mapped[1])}.${dotted(mapped[2])}`;
  return zone === undefined || !NEEDS_ZONE.test(text) ? text : `${text}%${zoneName(zone)}`;
}

/**
 * The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), or the canonical
 * form of `host`. A dual-stack socket shows its IPv4 peers in the mapped form; users compare the
 * plain one.
 */
export function unmapped(host: string): string {
  const canonical = canonicalHost(host);
  if (!canonical.startsWith(MAPPED_PREFIX)) return canonical;
  const rest = canonical.slice(MAPPED_PREFIX.length);
  return isIPv4(rest) ? rest : canonical;
}

/** Whether the address means nothing without a zone, and has none. */
export function lacksZone(host: string): boolean {
  return NEEDS_ZONE.test(host) && !host.includes("%");
}

function splitZone(host: string): string[] {
  const zoneAt = host.indexOf("%");
  return zoneAt < 0 ? [host] : [host.slice(0, zoneAt), host.slice(zoneAt + 1)];
}

/** A number is looked up each time: interfaces come and go, and their numbers with them. */
function zoneName(zone: string): string {
  if (!ZONE_INDEX.test(zone)) return zone;
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const each of addresses ?? []) {
      if (each.family === "IPv6" && each.scopeid === Number(zone)) return name;
    }
  }
  return zone;
}

/** Two bytes of an IPv4 address, of the group of an IPv6 address that they are. */
function dotted(group = "0"): string {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 0xff}`;
}
