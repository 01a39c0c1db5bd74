import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ProgramInTerminal } from "./program-in-terminal.ts";
import { RunningProgram } from "./running-program.ts";

const PROJECT = join(import.meta.dir, "../..");
const SERVER = join(import.meta.dir, "running-server-program.ts");
const NPM = Bun.which("npm");

/** Starting npm takes a second or two, more on a busy machine. */
const TEST_LIMIT_MS = 60_000;

/** Later than any relay of a signal, and than what counts as the same keystroke. */
const LATER_MS = 700;

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** `npm start` on free ports, once it serves; another test may have taken the first ones. */
async function npmStart(): Promise<ProgramInTerminal> {
  for (;;) {
    // Below the ports that the system gives to clients.
    const base = 20_000 + 40 * Math.floor(Math.random() * 300);
    const command = [NPM ?? "npm", "start", "--", "--port-base", String(base)];
    const program = new ProgramInTerminal(command, { cwd: PROJECT });
    const taken = program.shows("EADDRINUSE").then(
      () => true,
      () => false,
    );
    const serves = program.shows("Ctrl-C.").then(() => false);
    if (!(await Promise.race([taken, serves]))) return program;
    program[Symbol.dispose]();
  }
}

describe("Ctrl-C in a terminal", () => {
  // npm is there wherever the project was installed with it, as the README says first.
  test.skipIf(NPM === null)(
    "npm start: one Ctrl-C stops in order, the last line comes, the exit status is 0",
    async () => {
      using program = await npmStart();
      program.pressCtrlC();
      expect(await program.ended()).toBe(0);
      expect(program.screen).toContain("stopped after 0 connections and 0 datagrams");
    },
    TEST_LIMIT_MS,
  );

  test("a second one more than half a second later ends it at once", async () => {
    using program = new ProgramInTerminal([process.execPath, SERVER, "slow-stop"]);
    await program.shows("ready");
    program.pressCtrlC();
    await program.shows("before");
    await Bun.sleep(LATER_MS);
    program.pressCtrlC();
    expect(await program.ended()).toBe("SIGINT");
    expect(program.screen).not.toContain("after");
  });
});

describe("Signals that stop a reactor", () => {
  test.each(SIGNALS)("%s twice at once is one: it stops in order", async (signal) => {
    using program = new RunningProgram("running-server-program.ts");
    await program.line("ready");
    program.signal(signal);
    await program.line("before");
    program.signal(signal);
    expect(await program.ended()).toBe(0);
    expect(program.lines.slice(1)).toEqual(["before", "during", "after", "finished"]);
  });

  test.each(SIGNALS)("%s again right after the stop does not hurt either", async (signal) => {
    using program = new RunningProgram("running-server-program.ts", ["last-words"]);
    await program.line("ready");
    program.signal(signal);
    await program.line("finished");
    program.signal(signal);
    expect(await program.ended()).toBe(0);
    expect(program.lines.at(-1)).toBe("last words");
  });

  test.each(SIGNALS)("%s again half a second later ends the process at once", async (signal) => {
    using program = new RunningProgram("running-server-program.ts", ["slow-stop"]);
    await program.line("ready");
    program.signal(signal);
    await program.line("before");
    await Bun.sleep(LATER_MS);
    program.signal(signal);
    expect(await program.ended()).toBe(signal);
    expect(program.lines).not.toContain("after");
  });

  test("another signal while it stops ends the process at once", async () => {
    using program = new RunningProgram("running-server-program.ts", ["slow-stop"]);
    await program.line("ready");
    program.signal("SIGTERM");
    await program.line("before");
    program.signal("SIGINT");
    expect(await program.ended()).toBe("SIGINT");
  });

  test("one signal stops two reactors", async () => {
    using program = new RunningProgram("two-reactors-program.ts");
    await program.line("ready");
    program.signal("SIGINT");
    expect(await program.ended()).toBe(0);
    expect(program.lines.slice(1).toSorted()).toEqual(["finished one", "finished two"]);
  });

  test("a first signal while the program itself stops the reactor changes nothing", async () => {
    using program = new RunningProgram("running-server-program.ts", ["stops-itself"]);
    await program.line("before");
    program.signal("SIGINT");
    expect(await program.ended()).toBe(0);
    expect(program.lines.at(-1)).toBe("finished");
  });

  test("signals that follow each other in every phase end the process, in order or not", async () => {
    for (const phase of ["ready", "before", "during", "after", "finished"]) {
      using program = new RunningProgram("running-server-program.ts");
      await program.line("ready");
      program.signal("SIGTERM");
      await program.line(phase);
      program.signal("SIGINT");
      expect([0, "SIGINT"]).toContain(await program.ended());
    }
  });

  test("a handler of the program's own gets each signal once, and decides", async () => {
    using program = new RunningProgram("running-server-program.ts", ["slow-stop", "own-handler"]);
    await program.line("ready");
    program.signal("SIGINT");
    await program.line("own SIGINT 1");
    await Bun.sleep(LATER_MS);
    program.signal("SIGINT");
    await program.line("own SIGINT 2");
    expect(await program.ended()).toBe(3);
    expect(program.lines.filter((line) => line.startsWith("own"))).toHaveLength(2);
  });
});
