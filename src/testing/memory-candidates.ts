import { type Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { ConnectBindError } from "../reactor/connect-error.ts";
import type {
  ConnectAttempt,
  ConnectAttemptOwner,
  ConnectCandidate,
} from "../transport/connect-candidate.ts";
import { systemError } from "./memory-addresses.ts";
import { MemoryDriver } from "./memory-driver.ts";
import type { EventSource } from "./memory-loop.ts";
import type { MemoryNetwork } from "./memory-network.ts";

/** Begins to connect from `host` to `peer`, and reports to `owner`. */
export type BeginConnect = (
  host: Address,
  peer: Address,
  owner: ConnectAttemptOwner,
) => ConnectAttempt;

/** The server at an address, if there is one. */
export function memoryTCPCandidate(
  network: MemoryNetwork,
  peer: InternetAddress,
  from: InternetAddress | undefined,
  begin: BeginConnect,
): ConnectCandidate {
  return new MemoryCandidate(peer, () => clientAddress(network, peer, from), begin);
}

/** The server at a path, if there is one. */
export function memoryUNIXCandidate(path: string, begin: BeginConnect): ConnectCandidate {
  return new MemoryCandidate(new UNIXAddress(path), () => new UNIXAddress(""), begin);
}

/** @throws {ConnectBindError} when the local address that was asked for is not ours or taken */
function clientAddress(
  network: MemoryNetwork,
  peer: InternetAddress,
  wanted: InternetAddress | undefined,
): Address {
  const address = network.clientAddress(peer);
  if (wanted === undefined) return address;
  const { host, port } = wanted;
  if (!network.tcp.isLocal(host)) {
    const detail = `EADDRNOTAVAIL: ${host} is no address of ours`;
    throw new ConnectBindError(peer.toString(), detail, { code: "EADDRNOTAVAIL" });
  }
  if (port !== 0 && network.tcp.find(host, port) !== undefined) {
    const detail = `EADDRINUSE: ${host} port ${port} is taken`;
    throw new ConnectBindError(peer.toString(), detail, { code: "EADDRINUSE" });
  }
  return new InternetAddress("tcp", host, port === 0 ? address.port : port);
}

class MemoryCandidate implements ConnectCandidate {
  readonly #address: Address;
  readonly #hostOf: () => Address;
  readonly #begin: BeginConnect;

  constructor(address: Address, hostOf: () => Address, begin: BeginConnect) {
    this.#address = address;
    this.#hostOf = hostOf;
    this.#begin = begin;
  }

  get description(): string {
    return this.#address.toString();
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    return this.#begin(this.#hostOf(), this.#address, owner);
  }
}

/** Connects to whoever listens on `network`. */
export function connectsTo(network: MemoryNetwork): BeginConnect {
  return (host, peer, owner) => new MemoryConnectAttempt(network, host, peer, owner);
}

/** One try: settled the next time the loop asks, or never, where nobody answers. */
class MemoryConnectAttempt implements ConnectAttempt, EventSource {
  readonly #network: MemoryNetwork;
  readonly #peer: Address;
  readonly #host: Address;
  readonly #owner: ConnectAttemptOwner;
  #state: "waiting" | "settled" = "waiting";

  constructor(network: MemoryNetwork, host: Address, peer: Address, owner: ConnectAttemptOwner) {
    this.#network = network;
    this.#peer = peer;
    this.#host = host;
    this.#owner = owner;
    network.loop.ready(this);
  }

  giveUp(): void {
    this.#state = "settled";
  }

  deliver(): void {
    const peer = this.#peer;
    const isUNIX = peer.kind === "unix";
    if (this.#state === "settled") return;
    if (!isUNIX && this.#network.isSwallowed(peer.host, peer.port)) return;
    this.#state = "settled";
    const acceptor = this.#network.acceptorAt(peer);
    if (acceptor === undefined) {
      const code = isUNIX ? "ENOENT" : "ECONNREFUSED";
      this.#owner.attemptFailed(systemError(code, `nothing listens at ${peer}`));
      return;
    }
    const { loop, link } = this.#network;
    const near = new MemoryDriver(loop, this.#host, peer, link);
    const far = new MemoryDriver(loop, peer, this.#host, link);
    MemoryDriver.join(near, far);
    acceptor.accepted(far);
    this.#owner.attemptSucceeded(near);
  }
}
