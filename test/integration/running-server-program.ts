/**
 * Runs a reactor with an echo server until a signal stops it. Prints its port when it is ready and
 * what its connections and triggers saw, a line each. Arguments make it stop slowly or by itself,
 * live on for a moment after it has stopped, or handle signals too.
 */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** How long it lives on: less than a repeated signal is the same one. */
const LAST_WORDS_MS = 200;

/** The status with which its own handler ends the process. */
const OWN_STATUS = 3;

const has = (argument: string) => process.argv.includes(argument);
const reactor = new BunReactor();
const factory = new RecordingFactory({
  dataReceived: ({ connection }, data) => connection.write(data),
  connectionLost: (_protocol, reason) => say(`connectionLost ${reason.kind}`),
});
const port = await reactor.listenTCP({}, factory);
for (const phase of ["before", "during", "after"] as const) {
  reactor.addSystemEventTrigger(phase, "shutdown", () => say(phase));
}
if (has("slow-stop"))
  reactor.addSystemEventTrigger("before", "shutdown", () => new Promise(() => {}));
if (has("own-handler")) {
  let count = 0;
  process.on("SIGINT", () => {
    say(`own SIGINT ${++count}`);
    if (count === 2) setTimeout(() => process.exit(OWN_STATUS), LAST_WORDS_MS);
  });
}
if (has("stops-itself")) {
  reactor.addSystemEventTrigger("before", "shutdown", () => Bun.sleep(LAST_WORDS_MS));
  reactor.callWhenRunning(() => void reactor.stop());
}
reactor.callWhenRunning(() => say(`ready ${port.host.kind === "tcp" ? port.host.port : ""}`));
await reactor.run();
say("finished");
if (has("last-words")) {
  await Bun.sleep(LAST_WORDS_MS);
  say("last words");
}
