/**
 * Sends each line you type to the timestamp server and prints its answers; an empty line ends it.
 *
 *   bun examples/ctime-tcp-client.ts [PORT]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

class TimestampClient extends Protocol {
  /** Resolves when there is room for more; rejects when the server has gone. */
  async sendLine(line: string): Promise<void> {
    this.transport.write(`${line}\n`);
    await this.transport.drained();
  }

  /** No more lines. The answers to those before still come, and then the server closes too. */
  finish(): void {
    this.transport.loseWriteConnection();
  }

  override dataReceived(data: Buffer): void {
    process.stdout.write(data);
  }
}

const port = Number(process.argv[2] ?? 7013);
const factory = Factory.forProtocol(TimestampClient);
const client = await new BunReactor().connectTCP({ host: "127.0.0.1", port }, factory);
for await (const line of console) {
  if (line === "") break;
  await client.sendLine(line);
}
client.finish();
