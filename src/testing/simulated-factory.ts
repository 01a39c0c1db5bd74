import type { Address } from "../reactor/address.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import { WatchedCallbacks } from "./simulated-callbacks.ts";
import type { SimulatedConnections } from "./simulated-connections.ts";

/** Puts a watch around everything that another factory makes. */
export class WatchedFactory<P extends Protocol> extends Factory<P> {
  readonly #inner: Factory<P>;
  readonly #connections: SimulatedConnections;

  constructor(inner: Factory<P>, connections: SimulatedConnections) {
    super();
    this.#inner = inner;
    // What is logged names the factory's class.
    Object.defineProperty(this, "constructor", { value: inner.constructor });
    this.#connections = connections;
  }

  override admit(peer: Address): boolean {
    return this.#inner.admit(peer);
  }

  override dismiss(peer: Address): void {
    this.#inner.dismiss(peer);
  }

  override buildProtocol(peer: Address): P | null {
    return this.#inner.buildProtocol(peer);
  }

  override buildStack(peer: Address): ProtocolStack<P> | null {
    const stack = this.#inner.buildStack(peer);
    if (stack === null) return null;
    const { protocol, outermost } = stack;
    return { protocol, outermost: new WatchedCallbacks(outermost, this.#connections.opening) };
  }

  override doStart(): void {
    this.#inner.doStart();
  }

  override doStop(): void {
    this.#inner.doStop();
  }
}
