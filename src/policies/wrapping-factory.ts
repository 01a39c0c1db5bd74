import type { Address } from "../reactor/address.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";

/**
 * A factory that puts a policy around what another factory makes. What the other one refuses stays
 * refused, and its own start and stop are called with those of this one.
 *
 * @typeParam P the protocol that the inner factory makes, which is what `connectTCP` resolves with
 */
export abstract class WrappingFactory<P extends Protocol> extends Factory<P> {
  protected readonly inner: Factory<P>;

  constructor(inner: Factory<P>) {
    super();
    this.inner = inner;
  }

  override startFactory(): void {
    this.inner.doStart();
  }

  override stopFactory(): void {
    this.inner.doStop();
  }

  override admit(peer: Address): boolean {
    return this.inner.admit(peer);
  }

  override dismiss(peer: Address): void {
    this.inner.dismiss(peer);
  }

  override buildStack(peer: Address): ProtocolStack<P> | null {
    const stack = this.inner.buildStack(peer);
    if (stack === null) return null;
    return { protocol: stack.protocol, outermost: this.wrap(stack.outermost, peer) };
  }

  /** Puts the policy around `inner`. Called once for each connection that is served. */
  protected abstract wrap(inner: ConnectionCallbacks, peer: Address): ConnectionCallbacks;
}
