/**
 * Answers any datagram with the seconds since 1970, as four bytes, the highest first.
 *
 *   bun examples/unix-time-server.ts [PORT]
 */
import { BunReactor, DatagramProtocol, type InternetAddress } from "pretzel";

class UnixTimeServer extends DatagramProtocol {
  override datagramReceived(_data: Buffer, address: InternetAddress): void {
    const answer = Buffer.alloc(4);
    // Modulo 2^32, as the reader must expect from the year 2106 on.
    answer.writeUInt32BE(Math.floor(Date.now() / 1_000) >>> 0);
    this.transport.write(answer, address);
  }
}

const port = Number(process.argv[2] ?? 7037);
const reactor = new BunReactor();
await using listening = await reactor.listenUDP({ port }, new UnixTimeServer());
console.log(`seconds since 1970 on ${listening.host}`);
await reactor.run();
