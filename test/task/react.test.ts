import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type ReactMain, react } from "../../src/task/react.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { settled } from "./settled.ts";

const PROGRAM = join(import.meta.dir, "react-program.ts");

function spawnProgram(...argv: string[]) {
  return Bun.spawn([process.execPath, PROGRAM, ...argv], { stdout: "pipe", stderr: "pipe" });
}

/** What became of a program that ends by itself. */
async function runProgram(...argv: string[]) {
  await using child = spawnProgram(...argv);
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, status };
}

describe("react, as a program", () => {
  test("ends with 0 when main is done, which gets the arguments of the command line", async () => {
    const ended = await runProgram("print-arguments", "a", "b c");
    expect(ended).toEqual({ stdout: '["a","b c"]\n', stderr: "", status: 0 });
  });

  test("ends with the number that main resolves with", async () => {
    expect(await runProgram("resolve-with", "42")).toEqual({ stdout: "", stderr: "", status: 42 });
  });

  test("ends with 1 when main fails, and says why on standard error", async () => {
    const { stderr, status } = await runProgram("reject");
    expect(status).toBe(1);
    expect(stderr).toContain("pretzel error: the main function failed\n");
    expect(stderr).toContain("Error: the program failed");
  });

  test("ends with 1 when main resolves with what is no status", async () => {
    const { stderr, status } = await runProgram("resolve-with", "256");
    expect(status).toBe(1);
    expect(stderr).toContain("Cannot exit with status 256");
  });

  test("what main has printed all arrives before the end", async () => {
    const { stdout, status } = await runProgram("print-much");
    expect(status).toBe(3);
    expect(stdout.length).toBe(4_000_000);
  });

  test("ends with 0 when main stops the reactor itself, which is not stopped twice", async () => {
    expect(await runProgram("stop")).toEqual({ stdout: "", stderr: "", status: 0 });
  });

  test("a status that comes after the stop still counts", async () => {
    const ended = await runProgram("stop-and-resolve-with", "7");
    expect(ended).toEqual({ stdout: "", stderr: "", status: 7 });
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it with 0, main done or not", async (name) => {
    await using child = spawnProgram("wait-for-signal");
    const output = child.stdout.getReader();
    expect(Buffer.from((await output.read()).value ?? []).toString()).toBe("ready\n");
    child.kill(name);
    expect(await child.exited).toBe(0);
    expect(await child.stderr.text()).toBe("");
  });
});

describe("react", () => {
  beforeEach(() => {
    process.exitCode = 0;
  });
  afterEach(() => {
    process.exitCode = 0;
  });

  /** Runs `main` on a reactor in memory and says how it went. */
  async function runMain(main: ReactMain<MemoryReactor>) {
    const logger = new MemoryLogger();
    await react(new MemoryReactor({ logger }), main, { argv: [], logger });
    return { status: process.exitCode, errors: logger.errors.map(String) };
  }

  test("main is called with the reactor, which runs, and the arguments", async () => {
    const reactor = new MemoryReactor();
    const seen: unknown[] = [];
    const main: ReactMain<MemoryReactor> = (given, ...argv) => {
      seen.push(given === reactor, given.running, argv);
    };
    await react(reactor, main, { argv: ["x", "y"] });
    expect(seen).toEqual([true, true, ["x", "y"]]);
    expect(reactor.running).toBe(false);
  });

  test("waits for the promise of main, then stops the reactor in its three phases", async () => {
    const events: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = runMain((reactor) => {
      for (const phase of ["after", "during", "before"] as const) {
        reactor.addSystemEventTrigger(phase, "shutdown", () => events.push(phase));
      }
      return promise;
    });
    await settled();
    expect(events).toEqual([]);
    resolve();
    expect(await ended).toEqual({ status: 0, errors: [] });
    expect(events).toEqual(["before", "during", "after"]);
  });

  test("a main that throws at once is a failure like another", async () => {
    const ended = await runMain(() => {
      throw new Error("at once");
    });
    expect(ended).toEqual({ status: 1, errors: ["Error: at once"] });
  });

  test("a status that the program has set stays when main resolves with nothing", async () => {
    const ended = await runMain(() => {
      process.exitCode = 9;
    });
    expect(ended.status).toBe(9);
  });

  test.each([-1, 256, 1.5, Number.NaN])("%p is no status, so it is a failure", async (status) => {
    const ended = await runMain(() => status);
    expect(ended.status).toBe(1);
    expect(ended.errors.join()).toContain(`RangeError: Cannot exit with status ${status}`);
  });

  test("a failure after something else stopped the reactor is logged and counts", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const logger = new MemoryLogger();
    const reactor = new MemoryReactor({ logger });
    const ended = react(reactor, () => promise, { argv: [], logger });
    await reactor.stop();
    await ended;
    expect(process.exitCode).toBe(0);
    reject(new Error("late"));
    await settled();
    expect(process.exitCode).toBe(1);
    expect(logger.errors.map(String)).toEqual(["Error: late"]);
  });

  test("main that ends while the reactor is being stopped does not stop it again", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const logger = new MemoryLogger();
    const reactor = new MemoryReactor({ logger });
    const ended = react(reactor, () => promise, { argv: [], logger });
    reactor.addSystemEventTrigger("before", "shutdown", async () => {
      resolve();
      await settled();
    });
    await reactor.stop();
    await ended;
    expect(logger.reports).toEqual([]);
  });

  test("main that ends after the reactor was run again leaves it running", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const reactor = new MemoryReactor();
    const ended = react(reactor, () => promise, { argv: [] });
    await reactor.stop();
    await ended;
    const run = reactor.run();
    resolve();
    await settled();
    expect(reactor.running).toBe(true);
    await reactor.stop();
    await run;
  });

  test("a reactor that runs already is refused, and main is not called", async () => {
    const reactor = new MemoryReactor();
    const run = reactor.run();
    let called = false;
    const refused = react(reactor, () => {
      called = true;
    });
    await expect(refused).rejects.toThrow("Cannot react with a reactor that runs already");
    expect(called).toBe(false);
    await reactor.stop();
    await run;
  });

  test("a reactor that cannot stop has react reject with its error", async () => {
    class StuckReactor extends MemoryReactor {
      override stop(): Promise<void> {
        return Promise.reject(new Error("stuck"));
      }
    }
    await expect(react(new StuckReactor(), () => 0)).rejects.toThrow("stuck");
  });
});
