/** A program that `react` runs, ending in the way that its first argument names. */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { react } from "../../src/task/react.ts";

await react(new BunReactor(), async (reactor, ending, ...rest) => {
  switch (ending) {
    case "print-arguments":
      process.stdout.write(`${JSON.stringify(rest)}\n`);
      return;
    case "print-much":
      process.stdout.write("x".repeat(4_000_000));
      return 3;
    case "resolve-with":
      return Number(rest[0]);
    case "reject":
      throw new Error("the program failed");
    case "wait-for-signal":
      process.stdout.write("ready\n");
      return new Promise<never>(() => {});
    case "stop":
      await reactor.stop();
      return;
    case "stop-and-resolve-with":
      await reactor.stop();
      return Number(rest[0]);
    default:
      throw new Error(`There is no ending ${ending}`);
  }
});
