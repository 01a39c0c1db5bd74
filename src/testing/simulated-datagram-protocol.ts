import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../reactor/datagram-transport.ts";
import { excerpt } from "./simulated-end.ts";
import type { Simulation } from "./simulation.ts";

/** The callbacks that a protocol may lack. */
const OPTIONAL_CALLBACKS = ["connectionRefused", "errorReceived", "resumeWriting"] as const;

/**
 * Stands between a UDP port and its protocol, passes calls on, and checks what a port promises:
 * `startProtocol` first, `stopProtocol` once and last.
 */
export class WatchedDatagrams extends DatagramProtocol {
  readonly #inner: DatagramProtocol;
  readonly #simulation: Simulation;
  #state: "new" | "started" | "stopped" = "new";
  #name = "udp";

  constructor(inner: DatagramProtocol, simulation: Simulation) {
    super();
    this.#inner = inner;
    this.#simulation = simulation;
    for (const callback of OPTIONAL_CALLBACKS) {
      if (inner[callback] === undefined) continue;
      this[callback] = (error?: Error) => {
        this.#called(error === undefined ? callback : `${callback} ${error.message}`);
        return inner[callback]?.(error as Error);
      };
    }
    // What is logged names the protocol's class.
    Object.defineProperty(this, "constructor", { value: inner.constructor });
  }

  override makeConnection(transport: DatagramTransport): void {
    this.#name = String(transport.getHost());
    if (this.#state !== "new") this.#fail("startProtocol was called again");
    this.#state = "started";
    this.#called("startProtocol");
    return this.#inner.makeConnection(transport);
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    if (this.#simulation.trace !== null) {
      this.#called(`datagramReceived ${excerpt(data)} from ${address}`);
    } else {
      this.#called("datagramReceived");
    }
    return this.#inner.datagramReceived(data, address);
  }

  override stopProtocol(): void {
    this.#called("stopProtocol");
    this.#state = "stopped";
    return this.#inner.stopProtocol();
  }

  #called(what: string): void {
    if (this.#simulation.trace !== null) this.#simulation.note(`${this.#name} ${what}`);
    if (this.#state !== "started") this.#fail(`${what} was called while it is ${this.#state}`);
  }

  #fail(what: string): void {
    this.#simulation.fail(new Error(`${this.#name}: ${what}`));
  }
}
