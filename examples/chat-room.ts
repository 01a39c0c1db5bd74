/**
 * A chat room: each line goes to everybody. A guest who does not listen is dropped in the end.
 *
 *   bun examples/chat-room.ts [PORT]
 *   nc 127.0.0.1 7040
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const MAX_LINE_LENGTH = 1_000;
const guests = new Set<Guest>();
let arrivals = 0;

class Guest extends Protocol {
  readonly #name = `guest ${++arrivals}`;
  readonly #decoder = new TextDecoder();
  #unfinished = "";

  override connectionMade(): void {
    guests.add(this);
  }

  override dataReceived(data: Buffer): void {
    const lines = (this.#unfinished + this.#decoder.decode(data, { stream: true })).split(/\r?\n/);
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) {
      for (const guest of guests) guest.transport.write(`${this.#name}: ${line}\n`);
    }
    if (this.#unfinished.length > MAX_LINE_LENGTH) this.transport.loseConnection();
  }

  override connectionLost(): void {
    guests.delete(this);
  }
}

const port = Number(process.argv[2] ?? 7040);
const reactor = new BunReactor();
await using listening = await reactor.listenTCP({ port }, Factory.forProtocol(Guest));
console.log(`chat on ${listening.host}`);
await reactor.run();
