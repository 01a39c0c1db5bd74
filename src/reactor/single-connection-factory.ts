import type { Address } from "./address.ts";
import { Factory, type ProtocolStack } from "./factory.ts";
import type { Protocol } from "./protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "./stream-transport.ts";

/**
 * Makes the protocol of one connection as another factory would, and knows its transport and when
 * it has ended, without standing between the two. For whoever connects on behalf of others.
 */
export class SingleConnectionFactory<P extends Protocol = Protocol> extends Factory<P> {
  readonly #factory: Factory<P>;
  readonly #ended = Promise.withResolvers<void>();
  #state: "new" | "used" | "ended" = "new";
  #callbacks: ConnectionCallbacks | null = null;
  #transport: StreamTransport | null = null;

  constructor(factory: Factory<P>) {
    super();
    this.#factory = factory;
  }

  /** The connection's transport; null before there is one, and when it was refused. */
  get transport(): StreamTransport | null {
    return this.#transport;
  }

  /** What the connection calls. */
  get callbacks(): ConnectionCallbacks | null {
    return this.#callbacks;
  }

  /** Whether the connection has ended, or nothing came of the connect. */
  get isOver(): boolean {
    return this.#state === "ended";
  }

  /** Resolves when it is over, after `connectionLost`. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  override admit(peer: Address): boolean {
    return this.#factory.admit(peer);
  }

  override dismiss(peer: Address): void {
    this.#factory.dismiss(peer);
  }

  override buildStack(peer: Address): ProtocolStack<P> | null {
    const stack = this.#factory.buildStack(peer);
    if (stack === null) return null;
    const { protocol, outermost } = stack;
    this.#callbacks = outermost;
    const makeConnection = (transport: StreamTransport) => {
      this.#transport = transport;
      transport.switchProtocol(outermost);
    };
    return { protocol, outermost: { makeConnection, dataReceived() {}, connectionLost() {} } };
  }

  override startFactory(): void {
    this.#state = "used";
    this.#factory.doStart();
  }

  /** Whatever used it has ended, the connection with it. */
  override stopFactory(): void {
    this.#state = "ended";
    this.#ended.resolve();
    this.#factory.doStop();
  }
}
