/**
 * Sends each line you type as a datagram and prints the answer; an empty line ends it.
 *
 *   bun examples/ctime-udp-client.ts [PORT]
 */
import { BunReactor, DatagramProtocol } from "pretzel";

const TIMEOUT_MS = 2_000;
const port = Number(process.argv[2] ?? 7013);
const reactor = new BunReactor();

class TimestampClient extends DatagramProtocol {
  #answer = Promise.withResolvers<string>();

  override startProtocol(): void {
    this.transport.connect({ host: "127.0.0.1", port });
  }

  /** A datagram may get lost, and so may its answer. */
  async ask(message: string): Promise<string> {
    this.#answer = Promise.withResolvers();
    using _timeout = reactor.callLater(TIMEOUT_MS, () => this.#answer.resolve("no answer"));
    this.transport.write(message);
    return await this.#answer.promise;
  }

  override datagramReceived(data: Buffer): void {
    this.#answer.resolve(data.toString());
  }
}

const client = new TimestampClient();
await using _port = await reactor.listenUDP({}, client);
for await (const line of console) {
  if (line === "") break;
  console.log(await client.ask(line));
}
