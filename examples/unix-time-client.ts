/**
 * Asks the UNIX time server for the time and prints it as a date.
 *
 *   bun examples/unix-time-client.ts [PORT]
 */
import { BunReactor, DatagramProtocol } from "pretzel";

const TIMEOUT_MS = 2_000;
const port = Number(process.argv[2] ?? 7037);

class UnixTimeClient extends DatagramProtocol {
  readonly answer = Promise.withResolvers<Date>();

  override startProtocol(): void {
    this.transport.connect({ host: "127.0.0.1", port });
    this.transport.write("");
  }

  override datagramReceived(data: Buffer): void {
    if (data.length === 4) this.answer.resolve(new Date(data.readUInt32BE() * 1_000));
  }
}

/** As ctime(3) and Python's `time.ctime` write it: `Tue Jun  9 21:26:19 2026`. */
function ctime(date: Date): string {
  const [weekday, month, , year, time] = date.toString().split(" ");
  return `${weekday} ${month} ${String(date.getDate()).padStart(2)} ${time} ${year}`;
}

const reactor = new BunReactor();
const client = new UnixTimeClient();
await using _port = await reactor.listenUDP({}, client);
using _timeout = reactor.callLater(TIMEOUT_MS, () => client.answer.reject(new Error("No answer")));
console.log(ctime(await client.answer.promise));
