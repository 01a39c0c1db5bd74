/**
 * Runs a reactor with an echo server until a signal stops it. Prints its port when it is ready and
 * what its connections and triggers saw, a line each.
 */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

const slow = process.argv[2] === "slow-stop";
const reactor = new BunReactor();
const factory = new RecordingFactory({
  dataReceived: ({ connection }, data) => connection.write(data),
  connectionLost: (_protocol, reason) => say(`connectionLost ${reason.kind}`),
});
const port = await reactor.listenTCP({}, factory);
for (const phase of ["before", "during", "after"] as const) {
  reactor.addSystemEventTrigger(phase, "shutdown", () => say(phase));
}
if (slow) reactor.addSystemEventTrigger("before", "shutdown", () => new Promise(() => {}));
reactor.callWhenRunning(() => say(`ready ${port.host.kind === "tcp" ? port.host.port : ""}`));
await reactor.run();
say("finished");
