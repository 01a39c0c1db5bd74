import type { Address } from "../reactor/address.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { ProxyHeader } from "./proxy-header.ts";

/** The headers, by the very address that stands for the peer of the connection. */
const HEADERS = new WeakMap<Address, ProxyHeader>();

/** Remembers what came with a connection. @param peer an address made for this connection alone */
export function rememberProxyInfo(peer: Address, header: ProxyHeader): void {
  HEADERS.set(peer, header);
}

/**
 * The PROXY header of a connection behind `withProxyProtocol`, with its TLVs; null where there was
 * none. A protocol asks it with its transport, whatever policies are between; a factory asks with
 * the address that its `buildProtocol` is given.
 */
export function proxyInfoOf(connection: StreamTransport | Address): ProxyHeader | null {
  const peer = "getPeer" in connection ? connection.getPeer() : connection;
  return HEADERS.get(peer) ?? null;
}
