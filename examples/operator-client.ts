/**
 * Says something to the operator's server, finishes sending, and prints until the other end has
 * finished too.
 *
 *   bun examples/operator-client.ts [PORT [TEXT]]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const port = Number(process.argv[2] ?? 7023);
const text = process.argv[3] ?? "Is anybody there?";

class Caller extends Protocol {
  override connectionMade(): void {
    this.transport.write(`${text}\n`);
    this.transport.loseWriteConnection();
  }

  override dataReceived(data: Buffer): void {
    process.stdout.write(data);
  }
}

await new BunReactor().connectTCP({ host: "127.0.0.1", port }, Factory.forProtocol(Caller));
