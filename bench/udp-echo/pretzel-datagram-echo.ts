import { BunReactor, DatagramProtocol, type InternetAddress } from "pretzel";

class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.transport.write(data, address);
  }
}

/** Opens an echo as a protocol on the reactor; returns its port. */
export async function openPretzelEcho(): Promise<number> {
  const port = await new BunReactor().listenUDP({}, new Echo());
  return port.host.port;
}
