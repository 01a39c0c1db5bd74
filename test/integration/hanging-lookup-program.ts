/** Connects to a name that is never looked up, and prints how that ended and what ran meanwhile. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const reactor = new BunReactor();
let ticks = 0;
const tick = () => {
  ticks++;
  reactor.callLater(10, tick);
};
tick();
const options = { host: "hanging.example", port: 7, timeoutMs: 300 };
const connecting = reactor.connectTCP(options, new RecordingFactory());
const error = (await connecting.catch((reason: unknown) => reason)) as Error;
process.stdout.write(JSON.stringify({ name: error.name, ticks }));
process.exit(0);
