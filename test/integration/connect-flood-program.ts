/** Connects to itself until it has no descriptors left, and prints what became of that. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const CONNECTS = 200;

const reactor = new BunReactor({ logger: { warn() {}, error() {} } });
const recording = new Factory(() => new RecordingProtocol());
const port = await reactor.listenTCP({}, recording);
const { port: number } = port.host;
const attempts = Array.from({ length: CONNECTS }, () =>
  reactor.connectTCP({ host: "127.0.0.1", port: number }, recording).then(
    (client) => client,
    (error: { readonly code?: string }) => error.code,
  ),
);
const outcomes = await Promise.all(attempts);
const without = outcomes.filter((outcome) => outcome === "EMFILE").length;
// All that had a descriptor are accepted in the end, or turned away.
while (port.stats.accepted + port.stats.refused < CONNECTS - without) {
  await new Promise(setImmediate);
}
process.stdout.write(JSON.stringify({ without, ...port.stats }));
process.exit(0);
