import { addressFamily } from "../reactor/ip-address.ts";

/** Where to connect, as the command line says it: `tcp:HOST:PORT`, `udp:HOST:PORT`, `unix:PATH`. */
export type Target =
  | { readonly kind: "tcp" | "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const MAX_PORT = 65_535;

/**
 * The target that `text` names. `@` at the start of a UNIX path stands for the NUL of an abstract
 * name.
 *
 * @throws {RangeError} when it names none; the message says what is wrong
 */
export function parseTarget(text: string): Target {
  const colon = text.indexOf(":");
  const kind = text.slice(0, Math.max(0, colon));
  const rest = text.slice(colon + 1);
  switch (kind) {
    case "tcp":
    case "udp": {
      const { host, port } = parseHostAndPort(rest);
      if (port === undefined)
        throw new RangeError(`"${text}" has no port: ${kind}:HOST:PORT, IPv6 in brackets`);
      return { kind, host, port };
    }
    case "unix":
      if (rest === "" || rest === "@") throw new RangeError(`"${text}" has no path: unix:PATH`);
      return { kind, path: rest.replace(/^@/, "\0") };
    default:
      throw new RangeError(`"${text}" is none of tcp:HOST:PORT, udp:HOST:PORT and unix:PATH`);
  }
}

/**
 * `HOST`, `HOST:PORT`, `[IPV6]:PORT` or `IPV6`.
 *
 * @throws {RangeError} when it is none of them; the message says what is wrong
 */
export function parseHostAndPort(text: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:[\]]*)(?::([^:]*))?$/.exec(text);
  const [, host = "", port] = bracketed ?? plain ?? ["", text];
  const mustBeIPv6 = bracketed !== null || host.includes(":");
  if (host === "" || /\s/.test(host) || (mustBeIPv6 && addressFamily(host) !== "IPv6")) {
    throw new RangeError(`"${text}" has no valid host: an IPv6 address with a port is in brackets`);
  }
  return { host, port: port === undefined ? undefined : parsePort(port) };
}

/** @throws {RangeError} unless `text` is a whole number from 1 to 65535 */
function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= MAX_PORT) return port;
  throw new RangeError(`"${text}" is not a port: a whole number from 1 to ${MAX_PORT}`);
}
