/** Runs a reactor a thousand times, and prints what that has left behind. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Discard } from "../../src/protocols/discard.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { openDescriptors } from "../native/open-descriptors.ts";

const RUNS = 1_000;

/** What there is more of with each run when something is not given back. */
function held(): string {
  const listeners = ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));
  return `${openDescriptors()} descriptors, ${listeners} listeners`;
}

const reactor = new BunReactor();
const factory = Factory.forProtocol(Discard);

async function runOnce(): Promise<void> {
  reactor.callWhenRunning(async () => {
    const { host } = await reactor.listenTCP({}, factory);
    await reactor.connectTCP({ host: host.host, port: host.port }, factory);
    reactor.callLater(3_600_000, () => undefined);
    await reactor.stop();
  });
  await reactor.run();
}

await runOnce();
const before = held();
for (let count = 1; count < RUNS; count++) await runOnce();
const after = held();
process.stdout.write(`before ${before}\nafter ${after}\n`);
