/**
 * Prints the line that one client says, answers it once and closes; then the program ends.
 *
 *   bun examples/one-shot-server.ts [PORT]
 *   echo 'Hello!' | nc 127.0.0.1 7001
 */
import { BunReactor, Factory, Protocol } from "pretzel";

class OneShot extends Protocol {
  override connectionMade(): void {
    void listening.stopListening();
  }

  override dataReceived(data: Buffer): void {
    const end = data.indexOf("\n") + 1;
    process.stdout.write(end === 0 ? data : data.subarray(0, end));
    if (end === 0) return;
    this.transport.write("Thank you, that was all.\n");
    this.transport.loseConnection();
  }
}

const port = Number(process.argv[2] ?? 7001);
const options = { port, maxConnections: 1 };
const listening = await new BunReactor().listenTCP(options, Factory.forProtocol(OneShot));
console.log(`one shot on ${listening.host}`);
