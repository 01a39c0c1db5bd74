/** Runs two reactors until a signal stops them. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

const runs = ["one", "two"].map(async (name) => {
  await new BunReactor().run();
  say(`finished ${name}`);
});
say("ready");
await Promise.all(runs);
