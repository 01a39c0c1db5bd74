import type { InternetAddress } from "../reactor/address.ts";
import { classNameOf } from "../reactor/class-name.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../reactor/datagram-transport.ts";
import type { TransportContext } from "./transport-context.ts";

/**
 * The one place where a port calls its protocol, each callback in a turn. What a callback throws,
 * or rejects with later, is logged and harms nothing else.
 */
export class DatagramProtocolLink {
  readonly #protocol: DatagramProtocol;
  readonly #context: TransportContext;
  readonly #place: { readonly host: InternetAddress };

  /** @param place where it is, for the log */
  constructor(
    protocol: DatagramProtocol,
    context: TransportContext,
    place: { readonly host: InternetAddress },
  ) {
    this.#protocol = protocol;
    this.#context = context;
    this.#place = place;
  }

  /** What messages call the protocol and its place. */
  get description(): string {
    return `${classNameOf(this.#protocol)} on ${this.#place.host}`;
  }

  startProtocol(transport: DatagramTransport): void {
    this.#call("startProtocol", () => this.#protocol.makeConnection(transport));
  }

  datagramReceived(data: Buffer, address: InternetAddress): void {
    const outer = this.#context.turn.enter();
    try {
      const result: unknown = this.#protocol.datagramReceived(data, address);
      if (result !== undefined) this.#watch("datagramReceived", result);
    } catch (error) {
      this.#report("datagramReceived", error);
    } finally {
      this.#context.turn.leave(outer);
    }
  }

  connectionRefused(): void {
    this.#call("connectionRefused", () => this.#protocol.connectionRefused?.());
  }

  errorReceived(error: Error): void {
    this.#call("errorReceived", () => this.#protocol.errorReceived?.(error));
  }

  resumeWriting(): void {
    this.#call("resumeWriting", () => this.#protocol.resumeWriting?.());
  }

  stopProtocol(): void {
    this.#call("stopProtocol", () => this.#protocol.stopProtocol());
  }

  /** For what is rare: a datagram costs no closure. */
  #call(callback: string, call: () => unknown): void {
    const outer = this.#context.turn.enter();
    try {
      this.#watch(callback, call());
    } catch (error) {
      this.#report(callback, error);
    } finally {
      this.#context.turn.leave(outer);
    }
  }

  #watch(callback: string, result: unknown): void {
    if (!(result instanceof Promise)) return;
    result.catch((error: unknown) => this.#report(callback, error));
  }

  #report(callback: string, error: unknown): void {
    this.#context.logger.error(`${callback} of ${this.description} failed`, error);
  }
}
