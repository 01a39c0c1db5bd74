import type { Address } from "../reactor/address.ts";
import type { ListeningPort, PortStats } from "../reactor/listening-port.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSServerOptions } from "../reactor/tls.ts";

/** A port that leaves everything to another one. Subclasses do some of it themselves. */
export abstract class PortDecorator<A extends Address = Address> implements ListeningPort<A> {
  readonly #port: ListeningPort<A>;

  constructor(port: ListeningPort<A>) {
    this.#port = port;
  }

  get host(): A {
    return this.#port.host;
  }

  get connections(): ReadonlySet<StreamTransport> {
    return this.#port.connections;
  }

  get stats(): PortStats {
    return this.#port.stats;
  }

  get fileDescriptor(): number {
    return this.#port.fileDescriptor;
  }

  startListening(): Promise<void> {
    return this.#port.startListening();
  }

  stopListening(): Promise<void> {
    return this.#port.stopListening();
  }

  drain(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void> {
    return this.#port.drain(options);
  }

  reloadTLS(options: TLSServerOptions): void {
    this.#port.reloadTLS(options);
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return this.#port.getSocketOption(name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#port.setSocketOption(name, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopListening();
  }
}
