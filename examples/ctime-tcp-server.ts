/**
 * Answers every line with `[<date and time>] <line>`.
 *
 *   bun examples/ctime-tcp-server.ts [PORT]
 */
import { BunReactor, Factory, LineOnlyReceiver } from "pretzel";

class TimestampServer extends LineOnlyReceiver {
  override delimiter = "\n";
  override maxLength = 4_096;

  // However many chunks it came in, and with CR LF too.
  override lineReceived(line: Buffer): void {
    this.sendLine(`[${ctime(new Date())}] ${line.toString().replace(/\r$/, "")}`);
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
