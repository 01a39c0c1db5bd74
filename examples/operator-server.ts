/**
 * Echoes until the client has finished sending, adds `I get it!`, then sends the next line that is
 * typed here and closes. The end of input ends the server.
 *
 *   bun examples/operator-server.ts [PORT]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const waiting = new Set<Caller>();

class Caller extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }

  // Without this method the connection would close once the echo has left.
  override readConnectionLost(): void {
    this.transport.write("I get it!\n");
    waiting.add(this);
  }

  answer(line: string): void {
    this.transport.write(`${line}\n`);
    this.transport.loseConnection();
  }

  override connectionLost(): void {
    waiting.delete(this);
  }
}

const port = Number(process.argv[2] ?? 7023);
const reactor = new BunReactor();
const listening = await reactor.listenTCP({ port }, Factory.forProtocol(Caller));
console.log(`operator on ${listening.host}`);
for await (const line of console) {
  for (const caller of waiting) caller.answer(line);
}
await listening.drain({ timeoutMs: 1_000 });
