import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../reactor/datagram-transport.ts";

/** Connects a port to its peer before the protocol starts, and passes on all that comes. */
export class ConnectedDatagrams extends DatagramProtocol {
  readonly #peer: InternetAddress;
  readonly #protocol: DatagramProtocol;
  #failure: unknown = null;

  constructor(peer: InternetAddress, protocol: DatagramProtocol) {
    super();
    this.#peer = peer;
    this.#protocol = protocol;
  }

  /** Why the port could not be connected, and so the protocol was not started; null if it was. */
  get failure(): unknown {
    return this.#failure;
  }

  override makeConnection(transport: DatagramTransport): void {
    try {
      transport.connect(this.#peer);
    } catch (error) {
      this.#failure = error;
      return;
    }
    return this.#protocol.makeConnection(transport);
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    return this.#protocol.datagramReceived(data, address);
  }

  override stopProtocol(): void {
    if (this.#failure === null) return this.#protocol.stopProtocol();
  }

  override connectionRefused(): void {
    return this.#protocol.connectionRefused?.();
  }

  override errorReceived(error: Error): void {
    return this.#protocol.errorReceived?.(error);
  }

  override resumeWriting(): void {
    return this.#protocol.resumeWriting?.();
  }
}
