/**
 * One way: prints each datagram with its sender, and never says a word.
 *
 *   bun examples/udp-printer.ts [PORT]
 *   echo 'Hello!' | nc -u -w 1 127.0.0.1 7009
 */
import { BunReactor, DatagramProtocol, type InternetAddress } from "pretzel";

class Printer extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: InternetAddress): void {
    console.log(`${address}: ${data.toString().trimEnd()}`);
  }
}

const port = Number(process.argv[2] ?? 7009);
const reactor = new BunReactor();
await using listening = await reactor.listenUDP({ port }, new Printer());
console.log(`printing ${listening.host}`);
await reactor.run();
