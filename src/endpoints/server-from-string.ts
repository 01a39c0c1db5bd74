import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import { STDERR_LOGGER } from "../reactor/logger.ts";
import type { Reactor } from "../reactor/reactor.ts";
import { AdoptedStreamServerEndpoint } from "./adopted-stream-server-endpoint.ts";
import type { FileArgument } from "./endpoint-arguments.ts";
import { EndpointParseError } from "./endpoint-parse-error.ts";
import { splitDescription } from "./endpoint-string.ts";
import { parseRegistered, registeredTypes } from "./endpoint-registry.ts";
import { readIdentity } from "./pem-files.ts";
import {
  readServer,
  type SSLServerDescription,
  type StreamServerDescription,
  type TLSServerDescription,
} from "./server-description.ts";
import { StandardIOEndpoint } from "./standard-io-endpoint.ts";
import { failureOf } from "./system-code.ts";
import { systemdDescriptor } from "./systemd-socket.ts";
import { TCP6ServerEndpoint, TCPServerEndpoint } from "./tcp-endpoints.ts";
import { TLSServerEndpoint } from "./tls-endpoints.ts";
import { TLSFolder } from "./tls-folder.ts";
import { TLSFolderEndpoint } from "./tls-folder-endpoint.ts";
import { UDPServerEndpoint } from "./udp-endpoints.ts";
import { UNIXServerEndpoint } from "./unix-endpoints.ts";
import { wrapServerProxyProtocol } from "./wrap-server-proxy-protocol.ts";

/** What an interface without a name means in endpoint strings, as in Twisted's. */
const EVERY_IPV4_ADDRESS = "0.0.0.0";

/**
 * The server endpoint that `description` stands for, such as `tcp:80`,
 * `tcp:80:interface=127.0.0.1`, `unix:/run/echo.sock:mode=660` or `haproxy:tcp6:8080`. Times in
 * such strings are seconds. Unlike `listenTCP`, `tcp:80` without an interface is every IPv4 address
 * of this host. Files that the string names are read now.
 *
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function serverFromString(reactor: Reactor, description: string): StreamServerEndpoint {
  const parts = splitDescription(description);
  const described = readServer(parts, registeredTypes("parseServer"));
  if (described.type !== "udp") return serverEndpoint(reactor, described);
  const [place = { description, text: description, position: 0 }] = parts;
  const detail = "udp has no connections: datagramServerFromString makes an endpoint of it";
  throw new EndpointParseError(place, detail);
}

/**
 * The UDP endpoint that `description` stands for: `udp:53` for every IPv4 address of this host, or
 * `udp:53:interface=127.0.0.1`.
 *
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function datagramServerFromString(reactor: Reactor, description: string): UDPServerEndpoint {
  const parts = splitDescription(description);
  const described = readServer(parts, registeredTypes("parseServer"));
  if (described.type === "udp") {
    const host = described.interface || EVERY_IPV4_ADDRESS;
    return new UDPServerEndpoint(reactor, { port: described.port, host });
  }
  const [place = { description, text: description, position: 0 }] = parts;
  throw new EndpointParseError(place, `${described.type} has no datagrams: udp is needed`);
}

function serverEndpoint(
  reactor: Reactor,
  described: StreamServerDescription,
): StreamServerEndpoint {
  switch (described.type) {
    case "tcp":
      return new TCPServerEndpoint(reactor, listenOptions(described));
    case "tcp6":
      return new TCP6ServerEndpoint(reactor, listenOptions(described));
    case "unix": {
      const { address: path, mode } = described;
      return new UNIXServerEndpoint(reactor, { path, mode, ...backlogOf(described) });
    }
    case "ssl":
      return sslEndpoint(reactor, described);
    case "tls":
      return folderEndpoint(reactor, described);
    case "systemd": {
      const fd = systemdDescriptor(described, process.env, process.pid);
      return new AdoptedStreamServerEndpoint(reactor, { fd, domain: described.domain });
    }
    case "stdio":
      return new StandardIOEndpoint(reactor);
    case "haproxy":
      return wrapServerProxyProtocol(serverEndpoint(reactor, described.inner), { clock: reactor });
    case "registered":
      return parseRegistered("parseServer", reactor, described.split);
  }
}

/** What the descriptions of listening sockets have in common. */
interface Listening {
  readonly backlog: number;
  readonly choosesBacklog: boolean;
}

/**
 * A queue of 50, as strings have it that do not say, fits into the one that every reactor makes by
 * itself; choosing one needs libc, and is left to strings that do.
 */
function backlogOf({ backlog, choosesBacklog }: Listening): { readonly backlog?: number } {
  return choosesBacklog ? { backlog } : {};
}

function listenOptions(
  described: Listening & { readonly port: number; readonly interface: string },
) {
  const host = described.interface || EVERY_IPV4_ADDRESS;
  return { port: described.port, host, ...backlogOf(described) };
}

function sslEndpoint(reactor: Reactor, described: SSLServerDescription): StreamServerEndpoint {
  const { privateKey, certKey, extraCertChain } = described;
  const tls = readIdentity(privateKey, certKey, extraCertChain);
  return new TLSServerEndpoint(reactor, { ...listenOptions(described), tls });
}

function folderEndpoint(reactor: Reactor, described: TLSServerDescription): StreamServerEndpoint {
  const folder = new TLSFolder(described.path.path);
  checkFolder(folder, described.path);
  return new TLSFolderEndpoint(reactor, listenOptions(described.inner), folder, STDERR_LOGGER);
}

/** Now, because the string is wrong when the folder that it names is of no use. */
function checkFolder(folder: TLSFolder, place: FileArgument): void {
  try {
    folder.read();
  } catch (cause) {
    const detail = `folder "${place.path}" cannot be used: ${failureOf(cause)}`;
    throw new EndpointParseError(place, detail, { cause });
  }
}
