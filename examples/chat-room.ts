/**
 * A chat room: each line goes to everybody. A guest who does not listen is dropped in the end.
 *
 *   bun examples/chat-room.ts [PORT]
 *   nc 127.0.0.1 7040
 */
import { BunReactor, Factory, LineOnlyReceiver } from "pretzel";

const guests = new Set<Guest>();
let arrivals = 0;

class Guest extends LineOnlyReceiver {
  override delimiter = "\n";
  override maxLength = 1_000;
  readonly #name = `guest ${++arrivals}`;

  override connectionMade(): void {
    guests.add(this);
  }

  override lineReceived(line: Buffer): void {
    const said = `${this.#name}: ${line.toString().replace(/\r$/, "")}`;
    for (const guest of guests) guest.sendLine(said);
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
