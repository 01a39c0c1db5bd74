import { InternetAddress } from "../reactor/address.ts";
import { classNameOf } from "../reactor/class-name.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type {
  DatagramDestination,
  DatagramStats,
  DatagramTransport,
} from "../reactor/datagram-transport.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import { connectedPeer, unmappedDestination } from "./datagram-destination.ts";
import { MessageLengthError } from "../reactor/message-length-error.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { DatagramDriver, DatagramEvents } from "./datagram-driver.ts";
import { DatagramSendSide } from "./datagram-send-side.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { PeerAddresses } from "./peer-addresses.ts";
import { ReceiveBudget } from "./receive-budget.ts";
import type { TransportContext } from "./transport-context.ts";

/** 65,535 less the headers of UDP and IPv4; the kernel takes no more. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** Errors that say something of one peer alone. */
const PEER_ERRORS: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);

/**
 * The datagram transport: one UDP socket's life, over any driver. It checks what is sent, contains
 * what the protocol throws, and sheds a flood; the sending half has its own file.
 */
export class DatagramPortTransport implements DatagramTransport, DatagramEvents {
  readonly #driver: DatagramDriver;
  readonly #context: TransportContext;
  readonly #protocol: DatagramProtocol;
  readonly #sending: DatagramSendSide;
  readonly #budget: ReceiveBudget;
  readonly #peers = new PeerAddresses();
  #state: "open" | "closed" = "open";
  #connectedTo: InternetAddress | null = null;
  #received = 0;
  #bytesReceived = 0;
  #foreign = 0;
  #shed = 0;
  #shedAtStart = 0;

  constructor(
    driver: DatagramDriver,
    context: TransportContext,
    protocol: DatagramProtocol,
    options: Pick<ListenUDPOptions, "whenFull" | "receiveBudgetMs"> = {},
  ) {
    this.#driver = driver;
    driver.attach(this);
    this.#context = context;
    this.#protocol = protocol;
    this.#sending = new DatagramSendSide(driver, context.turn, this, options.whenFull ?? "drop");
    this.#budget = new ReceiveBudget(context.clock, context.turn, this, options.receiveBudgetMs);
  }

  // What the protocol asks for.

  write(data: Uint8Array | string, address?: DatagramDestination): boolean {
    const bytes = checkedLength(outgoingBytes(data));
    const to = this.#destination(address);
    return this.#state === "open" && this.#sending.write(bytes, to.host, to.port);
  }

  writeMany(batch: readonly (Uint8Array | string)[], address?: DatagramDestination): boolean {
    const to = this.#destination(address);
    const { host, port } = to;
    // All are checked before the first is sent: a batch goes as a whole or not at all.
    const datagrams = batch.map((data) => checkedLength(outgoingBytes(data)));
    if (this.#state === "closed") return false;
    let writable = true;
    for (const bytes of datagrams) writable = this.#sending.write(bytes, host, port) && writable;
    return writable;
  }

  connect(address: DatagramDestination): void {
    if (this.#connectedTo !== null) {
      throw new Error(`Cannot connect to ${address.host}: connected to ${this.#connectedTo}`);
    }
    const peer = connectedPeer(this.#checkedAddress(address));
    this.#driver.connect(peer);
    this.#connectedTo = peer;
  }

  getHost(): InternetAddress {
    return this.#driver.host;
  }

  /** Its one address. */
  get hosts(): readonly InternetAddress[] {
    return [this.#driver.host];
  }

  setBroadcast(on: boolean): void {
    this.#driver.setBroadcast(on);
  }

  joinGroup(group: string, interfaceHost?: string): void {
    this.#driver.joinGroup(group, interfaceHost);
  }

  leaveGroup(group: string, interfaceHost?: string): void {
    this.#driver.leaveGroup(group, interfaceHost);
  }

  setMulticastTTL(hops: number): void {
    this.#driver.setMulticastTTL(hops);
  }

  setMulticastLoopback(on: boolean): void {
    this.#driver.setMulticastLoopback(on);
  }

  setMulticastInterface(interfaceHost: string): void {
    this.#driver.setMulticastInterface(interfaceHost);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#driver.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#driver.setSocketOption(name, value);
  }

  get fileDescriptor(): number {
    return this.#driver.fileDescriptor;
  }

  get stats(): DatagramStats {
    const { sent, bytesSent, sends, dropped, failed } = this.#sending;
    return {
      received: this.#received,
      bytesReceived: this.#bytesReceived,
      sent,
      bytesSent,
      sends,
      dropped,
      failed,
      foreign: this.#foreign,
      shed: this.#shed,
    };
  }

  // What the driver and the halves report.

  received(data: Buffer, host: string, port: number): void {
    if (this.#state === "closed") return;
    const address = this.#peers.of(host, port);
    if (this.#connectedTo !== null && !address.equals(this.#connectedTo)) {
      this.#foreign++;
      return;
    }
    if (!this.#budget.spend()) {
      if (this.#shed++ === this.#shedAtStart) this.#driver.startShedding();
      return;
    }
    this.#received++;
    this.#bytesReceived += data.length;
    const { turn } = this.#context;
    const outer = turn.enter();
    try {
      const result: unknown = this.#protocol.datagramReceived(data, address);
      if (result !== undefined) this.#watch(result);
    } catch (error) {
      this.#report(error);
    } finally {
      turn.leave(outer);
    }
  }

  writable(): void {
    const { turn } = this.#context;
    const outer = turn.enter();
    try {
      this.#sending.writable();
    } finally {
      turn.leave(outer);
    }
  }

  failed(error: Error): void {
    const code = "code" in error ? error.code : undefined;
    const isConnected = this.#connectedTo !== null;
    // Without a connection nobody can say which peer refused, and no send is hurt by it.
    if (!isConnected && PEER_ERRORS.has(code)) return;
    const { turn } = this.#context;
    const outer = turn.enter();
    try {
      if (isConnected && code === "ECONNREFUSED") this.#tell("connectionRefused");
      else this.#tell("errorReceived", error);
    } finally {
      turn.leave(outer);
    }
  }

  writingResumed(): void {
    this.#tell("resumeWriting");
  }

  sendFailed(error: Error): void {
    this.failed(error);
  }

  /** The work of a turn failed: the port ends, because nobody knows what it has done. */
  broken(error: unknown): void {
    this.#context.logger.error(`the UDP port at ${this.#driver.host} failed and closes`, error);
    this.close();
  }

  budgetRenewed(): void {
    if (this.#state === "open") this.#shed += this.#driver.stopShedding();
    this.#shedAtStart = this.#shed;
  }

  /** Begins: the protocol gets `startProtocol`. Called once by the port. */
  start(): void {
    startDatagrams(this.#protocol, this, this.#context);
  }

  /** Sends what waits, as far as the kernel takes it, and closes. Called by the port. */
  close(): void {
    if (this.#state === "closed") return;
    this.#sending.flush();
    this.#sending.stop();
    this.#state = "closed";
    this.#driver.close();
  }

  #destination(address: DatagramDestination | undefined): InternetAddress {
    if (this.#connectedTo !== null) {
      if (address === undefined) return this.#connectedTo;
      throw new InvalidAddressError(`Cannot send to ${address.host}: connected to another address`);
    }
    if (address === undefined) {
      throw new InvalidAddressError("Cannot send a datagram: no address, and not connected");
    }
    return this.#checkedAddress(address);
  }

  #checkedAddress(address: DatagramDestination): InternetAddress {
    const to = unmappedDestination(address);
    if (to.port === 0) throw new InvalidAddressError(`Cannot send to ${to}: port 0 is no port`);
    const { family, host } = this.#driver.host;
    if (to.family === family || (host === "::" && to.family === "IPv4")) return to;
    throw new InvalidAddressError(`Cannot send to ${to} from ${host}: not an ${family} address`);
  }

  #tell(callback: "connectionRefused" | "resumeWriting" | "errorReceived", error?: Error): void {
    try {
      if (callback !== "errorReceived") this.#watch(this.#protocol[callback]?.());
      else if (error !== undefined) this.#watch(this.#protocol.errorReceived?.(error));
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  #watch(result: unknown): void {
    if (result instanceof Promise) result.catch((error: unknown) => this.#report(error));
  }

  #report(error: unknown): void {
    const name = classNameOf(this.#protocol);
    this.#context.logger.error(`${name} on ${this.#driver.host} failed; it goes on`, error);
  }
}

function checkedLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MAX_DATAGRAM_BYTES) return bytes;
  throw new MessageLengthError("a datagram", bytes.length, MAX_DATAGRAM_BYTES);
}

/** Starts `protocol` on `transport`; what it throws is logged, and the port stays open. */
export function startDatagrams(
  protocol: DatagramProtocol,
  transport: DatagramTransport,
  context: TransportContext,
): void {
  const report = (error: unknown) =>
    context.logger.error(`startProtocol of ${classNameOf(protocol)} failed`, error);
  const outer = context.turn.enter();
  try {
    const result: unknown = protocol.makeConnection(transport);
    if (result instanceof Promise) result.catch(report);
  } catch (error) {
    report(error);
  } finally {
    context.turn.leave(outer);
  }
}
