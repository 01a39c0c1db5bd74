/**
 * Writes bytes to a client that reads at its own pace, closes, and prints as JSON what the client
 * got and how the connection ended for both. Parameters: how many bytes, the close timeout in
 * milliseconds, and those of slow-reader.py after the port.
 */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const [bytes, closeTimeoutMs, ...pace] = process.argv.slice(2);
const factory = new RecordingFactory({
  connectionMade: ({ connection }) => {
    connection.write(Buffer.alloc(Number(bytes), "x"));
    connection.loseConnection();
  },
});
const reactor = new BunReactor();
const port = await reactor.listenTCP({ closeTimeoutMs: Number(closeTimeoutMs) }, factory);
const reader = Bun.spawn(
  ["python3", `${import.meta.dir}/slow-reader.py`, String(port.host.port), ...pace],
  { stdout: "pipe" },
);
const protocol = await factory.next();
const { kind } = await protocol.lost();
const [received, end] = (await new Response(reader.stdout).text()).trim().split(" ");
await port.stopListening();
process.stdout.write(JSON.stringify({ received: Number(received), end, kind }));
