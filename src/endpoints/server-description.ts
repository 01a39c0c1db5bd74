/**
 * What server endpoint strings say, as data: no endpoint is made, no file read and no environment
 * asked here. Fields are called as in the strings, and times are seconds as there.
 */
import {
  EndpointArguments,
  type EndpointSignature,
  type FileArgument,
} from "./endpoint-arguments.ts";
import { type DescriptionPlace, EndpointParseError } from "./endpoint-parse-error.ts";
import { type DescriptionPart, typed, type TypedParts } from "./endpoint-string.ts";

/** `tcp:PORT:INTERFACE:BACKLOG` and `tcp6:PORT:BACKLOG:INTERFACE`. */
interface TCPServerDescription {
  readonly type: "tcp" | "tcp6";
  readonly port: number;
  readonly backlog: number;
  /** Whether the string itself has the backlog. */
  readonly choosesBacklog: boolean;
  /** An IP address; empty for every IPv4 address. */
  readonly interface: string;
}

/** `unix:ADDRESS:MODE:BACKLOG:LOCKFILE`. */
interface UNIXServerDescription {
  readonly type: "unix";
  readonly address: string;
  readonly mode: number;
  readonly backlog: number;
  readonly choosesBacklog: boolean;
  /** Taken and not needed: a stale path is found out by a probe. */
  readonly lockfile: boolean;
}

/** `ssl:PORT:PRIVATEKEY:CERTKEY:...`: TLS with one certificate. */
export interface SSLServerDescription extends Omit<TCPServerDescription, "type"> {
  readonly type: "ssl";
  readonly privateKey: FileArgument;
  readonly certKey: FileArgument;
  readonly extraCertChain: FileArgument | null;
}

/** `tls:PATH:PORT:BACKLOG:INTERFACE`: TLS with the certificates of a folder, by name. */
export interface TLSServerDescription {
  readonly type: "tls";
  readonly path: FileArgument;
  readonly inner: TCPServerDescription;
}

/** `systemd:DOMAIN:INDEX:NAME`: a socket that the service manager opened. */
export interface SystemdDescription {
  readonly type: "systemd";
  readonly domain: "INET" | "INET6" | "UNIX";
  readonly socket: { readonly index: number } | { readonly name: string };
  /** Where the index or name stands. */
  readonly place: DescriptionPlace;
}

/** `udp:PORT:INTERFACE`. */
interface UDPServerDescription {
  readonly type: "udp";
  readonly port: number;
  /** An IP address; empty for every IPv4 address. */
  readonly interface: string;
}

/** `haproxy:` in front of any other. */
interface HAProxyDescription {
  readonly type: "haproxy";
  readonly inner: StreamServerDescription;
}

/** A type that `registerEndpointType` made known. */
export interface RegisteredDescription {
  readonly type: "registered";
  readonly split: TypedParts;
}

/** What has connections. */
export type StreamServerDescription =
  | TCPServerDescription
  | UNIXServerDescription
  | SSLServerDescription
  | TLSServerDescription
  | SystemdDescription
  | HAProxyDescription
  | RegisteredDescription
  | { readonly type: "stdio" };

type ServerDescription = StreamServerDescription | UDPServerDescription;

/** Twisted's; the smallest queue that is asked for when nobody asks for one. */
const DEFAULT_BACKLOG = 50;

const DEFAULT_UNIX_MODE = 0o666;

const HTTPS_PORT = 443;

/** The readers of the built-in types. */
const READERS: Readonly<Record<string, (split: TypedParts) => ServerDescription>> = {
  tcp: (split) => readTCP("tcp", split),
  tcp6: (split) => readTCP("tcp6", split),
  unix: readUNIX,
  ssl: readSSL,
  tls: readTLS,
  systemd: readSystemd,
  stdio: readStdio,
  udp: readUDP,
};

/** The built-in types of server endpoint. */
export const SERVER_TYPES: readonly string[] = [...Object.keys(READERS), "haproxy"];

/**
 * Reads an endpoint string that was split. Types may be written in upper or lower case.
 *
 * @param registered the further types that are known
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function readServer(
  described: readonly DescriptionPart[],
  registered: readonly string[],
): ServerDescription {
  const split = typed(described);
  const { type, parts } = split;
  const name = type.value.toLowerCase();
  if (name === "haproxy") {
    if (parts.length === 0)
      throw new EndpointParseError(type, "haproxy needs an endpoint behind it");
    return { type: "haproxy", inner: readProxied(type, readServer(parts, registered)) };
  }
  if (registered.includes(name)) return { type: "registered", split };
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read !== undefined) return read(split);
  const known = [...SERVER_TYPES, ...registered].join(", ");
  const detail = `"${type.value}" is no type of server endpoint: known are ${known}`;
  throw new EndpointParseError(type, detail);
}

function readProxied(place: DescriptionPlace, inner: ServerDescription): StreamServerDescription {
  if (inner.type !== "udp" && inner.type !== "haproxy") return inner;
  throw new EndpointParseError(place, `haproxy cannot be in front of ${inner.type}`);
}

const SIGNATURES: Readonly<Record<"tcp" | "tcp6", EndpointSignature>> = {
  tcp: { places: ["port", "interface", "backlog"] },
  tcp6: { places: ["port", "backlog", "interface"] },
};

function readTCP(type: "tcp" | "tcp6", split: TypedParts): TCPServerDescription {
  return readListening(type, new EndpointArguments(split, SIGNATURES[type]));
}

function readListening(
  type: "tcp" | "tcp6",
  given: EndpointArguments,
  defaultPort?: number,
): TCPServerDescription {
  return {
    type,
    port: given.port("port", defaultPort),
    backlog: given.backlog("backlog", DEFAULT_BACKLOG),
    choosesBacklog: given.has("backlog"),
    interface:
      type === "tcp6"
        ? given.ipAddress("interface", "::", ["IPv6"])
        : given.ipAddress("interface", ""),
  };
}

function readUNIX(split: TypedParts): UNIXServerDescription {
  const given = new EndpointArguments(split, {
    places: ["address", "mode", "backlog", "lockfile"],
  });
  return {
    type: "unix",
    address: given.unixPath("address"),
    mode: given.mode("mode", DEFAULT_UNIX_MODE),
    backlog: given.backlog("backlog", DEFAULT_BACKLOG),
    choosesBacklog: given.has("backlog"),
    lockfile: given.flag("lockfile", true),
  };
}

/** The names that mean what there is: the best version that both sides speak. */
const NEGOTIATED_METHODS = ["TLS_METHOD", "SSLv23_METHOD"];

function readSSL(split: TypedParts): SSLServerDescription {
  const files = ["privateKey", "certKey"];
  const rest = ["sslmethod", "interface", "backlog", "extraCertChain", "dhParameters"];
  const given = new EndpointArguments(split, { places: ["port", ...files, ...rest] });
  const method = given.text("sslmethod", null);
  if (method !== null && !NEGOTIATED_METHODS.includes(method)) {
    const detail = `"${method}" cannot be chosen: ${NEGOTIATED_METHODS.join(" or ")} is possible`;
    throw given.error("sslmethod", `${detail}, the best of TLS 1.2 and 1.3 that the client speaks`);
  }
  if (given.has("dhParameters")) {
    const detail = "dhParameters cannot be used: keys are exchanged over elliptic curves";
    throw given.error("dhParameters", detail);
  }
  const privateKey = given.file("privateKey", "server.pem");
  return {
    ...readListening("tcp", given),
    type: "ssl",
    privateKey,
    certKey: given.has("certKey") ? given.requiredFile("certKey") : privateKey,
    extraCertChain: given.file("extraCertChain", null),
  };
}

function readTLS(split: TypedParts): TLSServerDescription {
  const given = new EndpointArguments(split, { places: ["path", "port", "backlog", "interface"] });
  const host = given.ipAddress("interface", "::");
  const inner = readListening(host.includes(":") ? "tcp6" : "tcp", given, HTTPS_PORT);
  return { type: "tls", path: given.requiredFile("path"), inner };
}

function readSystemd(split: TypedParts): SystemdDescription {
  const given = new EndpointArguments(split, { places: ["domain", "index", "name"] });
  const domain = given.word("domain", ["INET", "INET6", "UNIX"] as const);
  const name = given.text("name", null);
  if ((name === null) === !given.has("index")) {
    throw given.error("name", "systemd needs either index or name");
  }
  const socket = name === null ? { index: given.index("index") } : { name };
  const place = given.placeOf(name === null ? "index" : "name");
  return { type: "systemd", domain, socket, place };
}

/** Usually written with a colon and nothing behind it. */
function readStdio({ type, parts }: TypedParts): ServerDescription {
  const [first] = parts;
  const isEmpty = parts.length === 1 && first?.text === "";
  new EndpointArguments({ type, parts: isEmpty ? [] : parts }, { places: [] });
  return { type: "stdio" };
}

function readUDP(split: TypedParts): UDPServerDescription {
  const given = new EndpointArguments(split, { places: ["port", "interface"] });
  return { type: "udp", port: given.port("port"), interface: given.ipAddress("interface", "") };
}
