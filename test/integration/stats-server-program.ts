/** Serves connections that are told the port's statistics for each thing they say. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const reactor = new BunReactor();
const factory = new RecordingFactory({
  dataReceived: ({ connection }) => connection.write(`${JSON.stringify(port.stats)}\n`),
});
const port = await reactor.listenTCP({}, factory);
process.stdout.write(`ready ${port.host.kind === "tcp" ? port.host.port : ""}\n`);
await reactor.run();
