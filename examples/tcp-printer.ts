/**
 * One way: prints all that TCP clients send and never says a word. It reads no faster than its own
 * output is read.
 *
 *   bun examples/tcp-printer.ts [PORT]
 *   echo 'Hello!' | nc -N 127.0.0.1 7009
 */
import { BunReactor, Factory, Protocol } from "pretzel";

class Printer extends Protocol {
  override dataReceived(data: Buffer): void {
    if (process.stdout.write(data)) return;
    this.transport.pauseProducing();
    process.stdout.once("drain", () => this.transport.resumeProducing());
  }
}

const port = Number(process.argv[2] ?? 7009);
const reactor = new BunReactor();
await using listening = await reactor.listenTCP({ port }, Factory.forProtocol(Printer));
console.log(`printing ${listening.host}`);
await reactor.run();
