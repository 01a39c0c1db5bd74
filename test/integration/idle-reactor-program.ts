/** Runs a reactor that has nothing to do, until a signal stops it. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";

const reactor = new BunReactor();
const finished = reactor.run();
process.stdout.write("ready\n");
await finished;
process.stdout.write("finished\n");
