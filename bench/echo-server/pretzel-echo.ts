import { BunReactor, Factory, type ListeningPort, Protocol } from "pretzel";
import type { EchoServer } from "./echo-server-process.ts";

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

const reactor = new BunReactor();
const factory = Factory.forProtocol(Echo);
const ports: ListeningPort[] = [];

/** Echo as a protocol on the reactor. */
export const PRETZEL_ECHO: EchoServer = {
  async listen() {
    const port = await reactor.listenTCP({}, factory);
    ports.push(port);
    return port.host.port;
  },
  connections: () => ports.reduce((sum, port) => sum + port.connections.size, 0),
};
