import type { InternetAddress } from "./address.ts";
import type { DatagramTransport } from "./datagram-transport.ts";

/**
 * One side of a UDP port. Subclass it and give it to `listenUDP`. An error thrown by a method is
 * logged, and the port goes on with the next datagram.
 */
export abstract class DatagramProtocol {
  /** Set before `startProtocol`. */
  declare protected transport: DatagramTransport;

  /** Gives the protocol its transport and starts it. Called once, by the reactor. */
  makeConnection(transport: DatagramTransport): void {
    this.transport = transport;
    return this.startProtocol();
  }

  /** The port is open. Called once, first. */
  startProtocol(): void {}

  /** One datagram came in, whole, perhaps empty. It is yours to keep. */
  datagramReceived(_data: Buffer, _address: InternetAddress): void {}

  /** The port has closed. Called once, last. */
  stopProtocol(): void {}

  /** In connected mode: nothing listens at the peer. The port stays open. */
  connectionRefused?(): void;

  /**
   * The system reported another error for this port, which stays open. A datagram that it refused
   * to send is told in the turn after, 64 of one turn at most.
   */
  errorReceived?(error: Error): void;

  /** The kernel takes datagrams again after `write` had returned false. */
  resumeWriting?(): void;
}
