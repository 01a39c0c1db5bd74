import type { InternetAddress } from "../reactor/address.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramStats } from "../reactor/datagram-transport.ts";
import type { DatagramPort } from "../reactor/listening-port.ts";
import type { Logger } from "../reactor/logger.ts";
import type { DatagramTransportOwner } from "./datagram-port-transport.ts";
import { DatagramProtocolLink } from "./datagram-protocol-link.ts";
import type { TransportContext } from "./transport-context.ts";

/** What a port closes and counts: a datagram transport, or one that stands for several. */
interface ClosableDatagrams {
  readonly hosts: readonly InternetAddress[];
  readonly stats: DatagramStats;
  attach(owner: DatagramTransportOwner): void;
  close(): void;
}

/** An open UDP port: a protocol and its transport, and how they end. */
export class OpenDatagramPort implements DatagramPort, DatagramTransportOwner {
  readonly #transport: ClosableDatagrams;
  readonly #link: DatagramProtocolLink;
  readonly #logger: Logger;
  readonly #closed: (port: OpenDatagramPort) => void;
  #stopped: Promise<void> | null = null;

  /** @param closed called once, after `stopProtocol` */
  constructor(
    transport: ClosableDatagrams,
    protocol: DatagramProtocol,
    context: TransportContext,
    closed: (port: OpenDatagramPort) => void,
  ) {
    this.#transport = transport;
    this.#link = new DatagramProtocolLink(protocol, context, this);
    this.#logger = context.logger;
    this.#closed = closed;
    transport.attach(this);
  }

  get host(): InternetAddress {
    const [first] = this.hosts;
    if (first === undefined) throw new Error("A UDP port has no address");
    return first;
  }

  get hosts(): readonly InternetAddress[] {
    return this.#transport.hosts;
  }

  get stats(): DatagramStats {
    return this.#transport.stats;
  }

  stopListening(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }

  /** The port ends with its transport. */
  transportFailed(): void {
    this.stopListening().catch((error: unknown) => {
      this.#logger.error(`closing the port of ${this.#link.description} failed`, error);
    });
  }

  async #stop(): Promise<void> {
    try {
      this.#transport.close();
    } finally {
      // `stopProtocol` must not run inside the caller's own call.
      await Promise.resolve();
      this.#link.stopProtocol();
      this.#closed(this);
    }
  }
}
