/**
 * Sends one line to the echo server and prints the line that comes back.
 *
 *   bun examples/echo-client.ts [PORT [LINE]]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const port = Number(process.argv[2] ?? 7007);
const line = process.argv[3] ?? "Hello, world!";

class EchoClient extends Protocol {
  override connectionMade(): void {
    this.transport.write(`${line}\n`);
  }

  override dataReceived(data: Buffer): void {
    process.stdout.write(data);
    if (data.includes("\n")) this.transport.loseConnection();
  }
}

await new BunReactor().connectTCP({ host: "127.0.0.1", port }, Factory.forProtocol(EchoClient));
