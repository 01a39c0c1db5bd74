/**
 * Echo: what comes in goes out again.
 *
 *   bun examples/echo-server.ts [PORT]
 *   printf 'hi\n' | nc -N 127.0.0.1 7007
 */
import { BunReactor, Factory, Protocol } from "pretzel";

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

const port = Number(process.argv[2] ?? 7007);
const reactor = new BunReactor();
await using listening = await reactor.listenTCP({ port }, Factory.forProtocol(Echo));
console.log(`echo on ${listening.host}`);
await reactor.run();
