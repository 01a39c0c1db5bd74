/**
 * What client endpoint strings say, as data: no endpoint is made and no file read here. Fields are
 * called as in the strings, and times are seconds as there.
 */
import { EndpointArguments, type FileArgument } from "./endpoint-arguments.ts";
import { EndpointParseError } from "./endpoint-parse-error.ts";
import {
  type DescriptionPart,
  splitDescription,
  typed,
  type TypedParts,
} from "./endpoint-string.ts";
import type { RegisteredDescription } from "./server-description.ts";

/** `tcp:HOST:PORT:timeout=SECONDS:bindAddress=IP`. */
export interface TCPClientDescription {
  readonly type: "tcp";
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
  /** The local IP address to connect from, or null. */
  readonly bindAddress: string | null;
}

/** `unix:PATH:timeout=SECONDS:lockfile=0`. */
interface UNIXClientDescription {
  readonly type: "unix";
  readonly path: string;
  readonly timeout: number;
  /** Taken and not needed: a dead server is found out by connecting. */
  readonly lockfile: boolean;
}

/** `ssl:HOST:PORT:...`: TLS as older strings write it. */
interface SSLClientDescription extends Omit<TCPClientDescription, "type"> {
  readonly type: "ssl";
  readonly privateKey: FileArgument | null;
  readonly certKey: FileArgument | null;
  readonly caCertsDir: FileArgument | null;
  /** The name that the server's certificate must have. */
  readonly hostname: string;
}

/** `tls:HOST:PORT:TIMEOUT:...`: TLS over TCP, or over any other endpoint. */
interface TLSClientDescription {
  readonly type: "tls";
  readonly inner: StreamClientDescription;
  /** The name that the server's certificate must have. */
  readonly host: string;
  readonly port: number;
  readonly certificate: FileArgument | null;
  readonly privateKey: FileArgument | null;
  readonly trustRoots: FileArgument | null;
  /** For all of it; null where only the endpoint that it goes over has a timeout. */
  readonly timeout: number | null;
}

/** `udp:HOST:PORT:bindAddress=IP`. */
interface UDPClientDescription {
  readonly type: "udp";
  readonly host: string;
  readonly port: number;
  readonly bindAddress: string | null;
}

/** What has connections. */
export type StreamClientDescription =
  | TCPClientDescription
  | UNIXClientDescription
  | SSLClientDescription
  | TLSClientDescription
  | RegisteredDescription;

type ClientDescription = StreamClientDescription | UDPClientDescription;

/** Twisted's; well below the kernel's two minutes. */
const DEFAULT_TIMEOUT_SECONDS = 30;

/** How often a `tls:` string may hold another one; more is a mistake, and each takes escapes. */
const MAX_DEPTH = 8;

type Reader = (
  split: TypedParts,
  registered: readonly string[],
  depth: number,
) => ClientDescription;

/** The readers of the built-in types. */
const READERS: Readonly<Record<string, Reader>> = {
  tcp: readTCP,
  unix: readUNIX,
  ssl: readSSL,
  tls: readTLS,
  udp: readUDP,
};

/** The built-in types of client endpoint. */
export const CLIENT_TYPES: readonly string[] = Object.keys(READERS);

/**
 * Reads an endpoint string that was split. Types may be written in upper or lower case.
 *
 * @param registered the further types that are known
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function readClient(
  described: readonly DescriptionPart[],
  registered: readonly string[],
  depth = 0,
): ClientDescription {
  const split = typed(described);
  const { type } = split;
  const name = type.value.toLowerCase();
  if (registered.includes(name)) return { type: "registered", split };
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read !== undefined) return read(split, registered, depth);
  const known = [...CLIENT_TYPES, ...registered].join(", ");
  const detail = `"${type.value}" is no type of client endpoint: known are ${known}`;
  throw new EndpointParseError(type, detail);
}

/** Host and port go by place or by name; where only the host has a name, the port is first. */
function placesOf(split: TypedParts): string[] {
  return split.parts.some((part) => part.name === "host") ? ["port"] : ["host", "port"];
}

function readConnecting(given: EndpointArguments): Omit<TCPClientDescription, "type"> {
  return {
    host: given.host("host"),
    port: given.peerPort("port"),
    timeout: given.seconds("timeout", DEFAULT_TIMEOUT_SECONDS),
    bindAddress: given.ipAddress("bindAddress", null),
  };
}

function readTCP(split: TypedParts): TCPClientDescription {
  const places = placesOf(split);
  const keywords = ["host", "timeout", "bindAddress"];
  return { type: "tcp", ...readConnecting(new EndpointArguments(split, { places, keywords })) };
}

function readUNIX(split: TypedParts): UNIXClientDescription {
  const given = new EndpointArguments(split, {
    places: ["path"],
    keywords: ["timeout", "lockfile"],
  });
  return {
    type: "unix",
    path: given.unixPath("path"),
    timeout: given.seconds("timeout", DEFAULT_TIMEOUT_SECONDS),
    lockfile: given.flag("lockfile", false),
  };
}

function readSSL(split: TypedParts): SSLClientDescription {
  const files = ["certKey", "privateKey", "caCertsDir"];
  const keywords = ["host", "timeout", "bindAddress", "hostname", ...files];
  const given = new EndpointArguments(split, { places: placesOf(split), keywords });
  const [certKey, privateKey] = identityFiles(given, "certKey", "privateKey");
  const caCertsDir = given.file("caCertsDir", null);
  const connecting = readConnecting(given);
  const hostname = given.has("hostname") ? given.requiredText("hostname") : connecting.host;
  return { type: "ssl", ...connecting, certKey, privateKey, caCertsDir, hostname };
}

function readTLS(
  split: TypedParts,
  registered: readonly string[],
  depth: number,
): TLSClientDescription {
  const files = ["certificate", "privateKey", "trustRoots"];
  const places = ["host", "port", "timeout", "bindAddress", ...files, "endpoint"];
  const given = new EndpointArguments(split, { places });
  const [certificate, privateKey] = identityFiles(given, "certificate", "privateKey");
  const connecting = { type: "tcp", ...readConnecting(given) } as const;
  const { host, port } = connecting;
  const isOver = given.has("endpoint");
  const inner = isOver ? readInner(given, registered, depth) : connecting;
  const timeout = isOver && !given.has("timeout") ? null : connecting.timeout;
  const trustRoots = given.file("trustRoots", null);
  return { type: "tls", inner, host, port, timeout, certificate, privateKey, trustRoots };
}

/** The endpoint that TLS goes over, whose string stands in this one with its colons escaped. */
function readInner(
  given: EndpointArguments,
  registered: readonly string[],
  depth: number,
): StreamClientDescription {
  const text = given.requiredText("endpoint");
  if (depth >= MAX_DEPTH) throw given.error("endpoint", `more than ${MAX_DEPTH} are in each other`);
  try {
    const inner = readClient(splitDescription(text), registered, depth + 1);
    if (inner.type !== "udp") return inner;
  } catch (error) {
    if (error instanceof EndpointParseError) throw given.error("endpoint", error.message, error);
    throw error;
  }
  throw given.error("endpoint", "TLS cannot go over udp");
}

function readUDP(split: TypedParts): UDPClientDescription {
  const places = placesOf(split);
  const given = new EndpointArguments(split, { places, keywords: ["host", "bindAddress"] });
  return {
    type: "udp",
    host: given.host("host"),
    port: given.peerPort("port"),
    bindAddress: given.ipAddress("bindAddress", null),
  };
}

/** A key without its certificate, or the reverse, is a mistake; one file may have both. */
function identityFiles(
  given: EndpointArguments,
  certificate: string,
  key: string,
): readonly [FileArgument | null, FileArgument | null] {
  if (given.has(key) && !given.has(certificate)) {
    throw given.error(key, `"${key}" is of no use without "${certificate}"`);
  }
  const certificateFile = given.file(certificate, null);
  return [certificateFile, given.file(key, null) ?? certificateFile];
}
