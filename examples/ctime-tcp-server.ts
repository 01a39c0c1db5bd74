/**
 * Answers every line with `[<date and time>] <line>`.
 *
 *   bun examples/ctime-tcp-server.ts [PORT]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const MAX_LINE_LENGTH = 4_096;

class TimestampServer extends Protocol {
  readonly #decoder = new TextDecoder();
  #unfinished = "";

  // A chunk is whatever the network made of the stream: half a line, or three and a half.
  override dataReceived(data: Buffer): void {
    const lines = (this.#unfinished + this.#decoder.decode(data, { stream: true })).split(/\r?\n/);
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.transport.write(`[${ctime(new Date())}] ${line}\n`);
    if (this.#unfinished.length > MAX_LINE_LENGTH) this.transport.loseConnection();
  }
}

/** As ctime(3) and Python's `time.ctime` write it: `Tue Jun  9 21:26:19 2026`. */
function ctime(date: Date): string {
  const [weekday, month, , year, time] = date.toString().split(" ");
  return `${weekday} ${month} ${String(date.getDate()).padStart(2)} ${time} ${year}`;
}

const port = Number(process.argv[2] ?? 7013);
const reactor = new BunReactor();
await using listening = await reactor.listenTCP({ port }, Factory.forProtocol(TimestampServer));
console.log(`timestamps on ${listening.host}`);
await reactor.run();
