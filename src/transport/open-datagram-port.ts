import type { InternetAddress } from "../reactor/address.ts";
import { classNameOf } from "../reactor/class-name.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramStats } from "../reactor/datagram-transport.ts";
import type { DatagramPort } from "../reactor/listening-port.ts";
import type { TransportContext } from "./transport-context.ts";

/** What a port closes and counts: a datagram transport, or one that stands for several. */
interface ClosableDatagrams {
  readonly hosts: readonly InternetAddress[];
  readonly stats: DatagramStats;
  close(): void;
}

/** An open UDP port: a protocol and its transport, and how they end. */
export class OpenDatagramPort implements DatagramPort {
  readonly #transport: ClosableDatagrams;
  readonly #protocol: DatagramProtocol;
  readonly #context: TransportContext;
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
    this.#protocol = protocol;
    this.#context = context;
    this.#closed = closed;
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

  async #stop(): Promise<void> {
    this.#transport.close();
    // `stopProtocol` must not run inside the caller's own call.
    await Promise.resolve();
    const { turn } = this.#context;
    const outer = turn.enter();
    try {
      const result: unknown = this.#protocol.stopProtocol();
      if (result instanceof Promise) result.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    } finally {
      turn.leave(outer);
    }
    this.#closed(this);
  }

  #report(error: unknown): void {
    const name = classNameOf(this.#protocol);
    this.#context.logger.error(`stopProtocol of ${name} failed`, error);
  }
}
