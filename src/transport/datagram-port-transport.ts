import type { InternetAddress } from "../reactor/address.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type {
  DatagramDestination,
  DatagramStats,
  DatagramTransport,
} from "../reactor/datagram-transport.ts";
import { InvalidAddressError } from "../reactor/invalid-address-error.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import { checkedDatagram } from "./checked-datagram.ts";
import { connectedPeer, destinationFrom } from "./datagram-destination.ts";
import type { DatagramDriver, DatagramEvents } from "./datagram-driver.ts";
import { PEER_ERRORS } from "./datagram-failures.ts";
import { DatagramProtocolLink } from "./datagram-protocol-link.ts";
import { DatagramReceiveSide } from "./datagram-receive-side.ts";
import { DatagramSendSide } from "./datagram-send-side.ts";
import { PeerAddresses } from "./peer-addresses.ts";
import type { TransportContext } from "./transport-context.ts";

/** Who is told when a datagram transport has ended by itself. */
export interface DatagramTransportOwner {
  /** It has failed, said so in the log, and closed its socket. */
  transportFailed(): void;
}

/**
 * The datagram transport: one UDP socket's life, over any driver. It checks what is sent, and
 * contains what the protocol throws; the sending and the receiving half have files of their own.
 */
export class DatagramPortTransport implements DatagramTransport, DatagramEvents {
  readonly #driver: DatagramDriver;
  readonly #context: TransportContext;
  readonly #link: DatagramProtocolLink;
  readonly #sending: DatagramSendSide;
  readonly #receiving: DatagramReceiveSide;
  readonly #peers = new PeerAddresses();
  #state: "open" | "closed" = "open";
  #connectedTo: InternetAddress | null = null;
  #received = 0;
  #bytesReceived = 0;
  #foreign = 0;
  #owner: DatagramTransportOwner | null = null;

  constructor(
    driver: DatagramDriver,
    context: TransportContext,
    protocol: DatagramProtocol,
    options: Pick<ListenUDPOptions, "whenFull" | "receiveBudgetMs" | "receiveBufferBytes"> = {},
  ) {
    this.#driver = driver;
    driver.attach(this);
    this.#context = context;
    this.#link = new DatagramProtocolLink(protocol, context, driver);
    this.#sending = new DatagramSendSide(driver, context.turn, this, options.whenFull ?? "drop");
    this.#receiving = new DatagramReceiveSide(driver, context, this.#sending, this, options);
  }

  /** From now on tells `owner` when it fails. Called once by the port. */
  attach(owner: DatagramTransportOwner): void {
    this.#owner = owner;
  }

  // What the protocol asks for.

  write(data: Uint8Array | string, address?: DatagramDestination): boolean {
    const bytes = checkedDatagram(data);
    const to = this.#destination(address);
    return this.#state === "open" && this.#sending.write(bytes, to);
  }

  writeMany(batch: readonly (Uint8Array | string)[], address?: DatagramDestination): boolean {
    const to = this.#destination(address);
    // All are checked before the first is sent: a batch goes as a whole or not at all.
    const datagrams = batch.map((data) => checkedDatagram(data));
    if (this.#state === "closed") return false;
    let writable = true;
    for (const bytes of datagrams) writable = this.#sending.write(bytes, to) && writable;
    return writable;
  }

  connect(address: DatagramDestination): void {
    if (this.#connectedTo !== null) {
      throw new Error(`Cannot connect to ${address.host}: connected to ${this.#connectedTo}`);
    }
    const peer = connectedPeer(destinationFrom(this.#driver.host, address));
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
      shed: this.#receiving.shed,
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
    this.#receiving.received(data, address);
  }

  deliver(data: Buffer, address: InternetAddress): void {
    this.#received++;
    this.#bytesReceived += data.length;
    this.#link.datagramReceived(data, address);
  }

  writable(): void {
    this.#sending.writable();
  }

  failed(error: Error): void {
    // Without a connection nobody can say which peer refused, and no send is hurt by it.
    if (this.#connectedTo !== null || !PEER_ERRORS.has(codeOf(error))) this.#tell(error);
  }

  writingResumed(): void {
    this.#link.resumeWriting();
  }

  sendFailed(error: Error): void {
    // Only a peer refuses, and who that was nobody can say without a connection.
    const isNobodys = this.#connectedTo === null && codeOf(error) === "ECONNREFUSED";
    if (this.#state === "open" && !isNobodys) this.#tell(error);
  }

  sheddingRefused(error: unknown): void {
    const what = `the system drops no datagrams for ${this.#link.description}`;
    this.#context.logger.warn(`${what}: a flood costs more of our time`, error);
  }

  portFailed(error: unknown): void {
    const wasOpen = this.#state === "open";
    this.#context.logger.error(`the port of ${this.#link.description} failed`, error);
    if (!wasOpen) return;
    this.close();
    this.#owner?.transportFailed();
  }

  /** Begins: the protocol gets `startProtocol`. Called once by the port. */
  start(): void {
    this.#link.startProtocol(this);
  }

  /** Sends what waits, as far as the kernel takes it, and closes. Called by the port. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#sending.flush();
    this.#sending.stop();
    this.#receiving.stop();
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
    return destinationFrom(this.#driver.host, address);
  }

  #tell(error: Error): void {
    const isRefusal = this.#connectedTo !== null && codeOf(error) === "ECONNREFUSED";
    if (isRefusal) this.#link.connectionRefused();
    else this.#link.errorReceived(error);
  }
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}
