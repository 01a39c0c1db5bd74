/**
 * Answers every datagram with `[<date and time>] <datagram>`.
 *
 *   bun examples/ctime-udp-server.ts [PORT]
 */
import { BunReactor, DatagramProtocol, type InternetAddress } from "pretzel";

class TimestampServer extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.transport.write(`[${ctime(new Date())}] ${data.toString()}`, address);
  }
}

/** As ctime(3) and Python's `time.ctime` write it: `Tue Jun  9 21:26:19 2026`. */
function ctime(date: Date): string {
  const [weekday, month, , year, time] = date.toString().split(" ");
  return `${weekday} ${month} ${String(date.getDate()).padStart(2)} ${time} ${year}`;
}

const port = Number(process.argv[2] ?? 7013);
const reactor = new BunReactor();
await using listening = await reactor.listenUDP({ port }, new TimestampServer());
console.log(`timestamps on ${listening.host}`);
await reactor.run();
