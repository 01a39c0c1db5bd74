/** Connects to a port of 127.0.0.1, says hello, and has nothing else to do. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const factory = new RecordingFactory({
  connectionMade: ({ connection }) => {
    connection.write("hello");
    connection.loseConnection({ timeoutMs: 60_000 });
  },
  connectionLost: (_protocol, reason) => process.stdout.write(`connectionLost ${reason.kind}\n`),
});
const options = { host: "127.0.0.1", port: Number(process.argv[2]), timeoutMs: 60_000 };
await new BunReactor().connectTCP(options, factory);
