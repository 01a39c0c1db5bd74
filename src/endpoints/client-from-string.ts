import type { StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Reactor } from "../reactor/reactor.ts";
import type { TLSClientOptions } from "../reactor/tls.ts";
import {
  readClient,
  type StreamClientDescription,
  type TCPClientDescription,
} from "./client-description.ts";
import type { FileArgument } from "./endpoint-arguments.ts";
import { EndpointParseError } from "./endpoint-parse-error.ts";
import { splitDescription } from "./endpoint-string.ts";
import { parseRegistered, registeredTypes } from "./endpoint-registry.ts";
import { readAuthorities, readIdentity } from "./pem-files.ts";
import { TCPClientEndpoint } from "./tcp-endpoints.ts";
import { TimedClientEndpoint } from "./timed-client-endpoint.ts";
import { UDPClientEndpoint } from "./udp-endpoints.ts";
import { UNIXClientEndpoint } from "./unix-endpoints.ts";
import { wrapClientTLS } from "./wrap-client-tls.ts";

/** Endpoint strings have seconds, as Twisted's do. */
const MS_PER_SECOND = 1_000;

/**
 * The client endpoint that `description` stands for, such as `tcp:example.org:80`,
 * `tls:example.org:443:timeout=5` or `unix:/run/echo.sock`. Times in such strings are seconds. A
 * name is looked up at each connect, and its addresses race. Files that the string names are read
 * now.
 *
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function clientFromString(reactor: Reactor, description: string): StreamClientEndpoint {
  const parts = splitDescription(description);
  const described = readClient(parts, registeredTypes("parseClient"));
  if (described.type !== "udp") return clientEndpoint(reactor, described);
  const [place = { description, text: description, position: 0 }] = parts;
  const detail = "udp has no connections: datagramClientFromString makes an endpoint of it";
  throw new EndpointParseError(place, detail);
}

/**
 * The UDP endpoint that `description` stands for, such as `udp:example.org:53`.
 *
 * @throws {EndpointParseError} for everything that is wrong with it
 */
export function datagramClientFromString(reactor: Reactor, description: string): UDPClientEndpoint {
  const parts = splitDescription(description);
  const described = readClient(parts, registeredTypes("parseClient"));
  if (described.type === "udp") {
    const { host, port, bindAddress } = described;
    return new UDPClientEndpoint(reactor, { host, port, ...bindOptions(bindAddress) });
  }
  const [place = { description, text: description, position: 0 }] = parts;
  throw new EndpointParseError(place, `${described.type} has no datagrams: udp is needed`);
}

function clientEndpoint(
  reactor: Reactor,
  described: StreamClientDescription,
): StreamClientEndpoint {
  switch (described.type) {
    case "tcp":
      return tcpEndpoint(reactor, described);
    case "unix": {
      const { path, timeout } = described;
      return new UNIXClientEndpoint(reactor, { path, timeoutMs: timeout * MS_PER_SECOND });
    }
    case "ssl": {
      const { hostname, certKey, privateKey, caCertsDir } = described;
      const tls = tlsOptions(hostname, certKey, privateKey, caCertsDir);
      return timed(reactor, described, wrapClientTLS(tcpEndpoint(reactor, described), tls));
    }
    case "tls": {
      const { inner, host, certificate, privateKey, trustRoots } = described;
      const tls = tlsOptions(host, certificate, privateKey, trustRoots);
      return timed(reactor, described, wrapClientTLS(clientEndpoint(reactor, inner), tls));
    }
    case "registered":
      return parseRegistered("parseClient", reactor, described.split);
  }
}

/** Gives a connect and its handshake the time that a string has for them. */
function timed(
  clock: Reactor,
  { host, port, timeout }: { host: string; port: number; timeout: number | null },
  endpoint: StreamClientEndpoint,
): StreamClientEndpoint {
  if (timeout === null) return endpoint;
  const target = `tcp ${host}:${port}`;
  return new TimedClientEndpoint(endpoint, { clock, timeoutMs: timeout * MS_PER_SECOND, target });
}

function tcpEndpoint(
  reactor: Reactor,
  { host, port, timeout, bindAddress }: Omit<TCPClientDescription, "type">,
): StreamClientEndpoint {
  const timeoutMs = timeout * MS_PER_SECOND;
  return new TCPClientEndpoint(reactor, { host, port, timeoutMs, ...bindOptions(bindAddress) });
}

function bindOptions(host: string | null): { readonly bindAddress?: { readonly host: string } } {
  return host === null ? {} : { bindAddress: { host } };
}

function tlsOptions(
  serverName: string,
  certificate: FileArgument | null,
  key: FileArgument | null,
  authorities: FileArgument | null,
): TLSClientOptions {
  return {
    serverName,
    ...(certificate === null
      ? {}
      : { identity: readIdentity(key ?? certificate, certificate, null) }),
    ...(authorities === null ? {} : { authorities: readAuthorities(authorities) }),
  };
}
