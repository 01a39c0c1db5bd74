import { describe, expect, test } from "bun:test";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawListener } from "../raw-listener.ts";
import { MAIN, RunningProgram, TEST_LIMIT_MS } from "./running-program.ts";

describe("pretzel connect tcp:", () => {
  test(
    "sends the input and its end, and prints the answer",
    async () => {
      using listener = new RawListener();
      await using program = new RunningProgram("connect", `tcp:127.0.0.1:${listener.port}`);
      using peer = await listener.accept();
      program.type("question");
      program.endInput();
      expect((await peer.end()).toString()).toBe("question");
      await peer.send("answer");
      peer.sendFIN();
      expect(await program.end()).toEqual({ output: "answer", errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "ends when the peer does, though the input goes on",
    async () => {
      using listener = new RawListener();
      await using program = new RunningProgram("connect", `tcp:127.0.0.1:${listener.port}`);
      using peer = await listener.accept();
      await peer.send("line\n");
      peer.sendFIN();
      expect(await program.end()).toEqual({ output: "line\n", errors: "", status: 0 });
      await peer.end();
    },
    TEST_LIMIT_MS,
  );

  test(
    "a connection that is reset ends it with 1 and one line",
    async () => {
      using listener = new RawListener();
      await using program = new RunningProgram("connect", `tcp:127.0.0.1:${listener.port}`);
      const peer = await listener.accept();
      await peer.send("beginning");
      await program.prints(/beginning/);
      peer.sendRST();
      const { output, errors, status } = await program.end();
      expect({ output, status }).toEqual({ output: "beginning", status: 1 });
      expect(errors).toMatch(
        new RegExp(`^pretzel: Lost the connection to tcp 127.0.0.1:${listener.port}: [^\\n]+\\n$`),
      );
    },
    TEST_LIMIT_MS,
  );

  test(
    "nobody there ends it with 1 and one line",
    async () => {
      const { port } = unusedPort();
      expect(await RunningProgram.run("", "connect", `tcp:127.0.0.1:${port}`)).toEqual({
        output: "",
        errors: `pretzel: Cannot connect to tcp 127.0.0.1:${port}: ECONNREFUSED\n`,
        status: 1,
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "a reader that has enough ends it without a word",
    async () => {
      using listener = new RawListener();
      const target = `tcp:127.0.0.1:${listener.port}`;
      const script = `"$0" "$@" | head -c 5; echo " \${PIPESTATUS[0]}"`;
      await using shell = Bun.spawn(
        ["bash", "-c", script, process.execPath, MAIN, "connect", target],
        { stdout: "pipe", stderr: "pipe" },
      );
      using peer = await listener.accept();
      // More than a pipe holds, so that it breaks.
      await peer.send(Buffer.alloc(200_000, "x"));
      peer.sendFIN();
      expect(await shell.stdout.text()).toBe("xxxxx 0\n");
      expect(await shell.stderr.text()).toBe("");
    },
    TEST_LIMIT_MS,
  );
});

describe("pretzel connect udp:", () => {
  test(
    "sends each line as a datagram and prints the answers",
    async () => {
      using peer = await RawDatagramPeer.open();
      await using program = new RunningProgram("connect", `udp:127.0.0.1:${peer.port}`);
      program.type("one\ntwo\n");
      for (const line of ["one\n", "two\n"]) {
        const { data, host, port } = await peer.receive();
        expect(data.toString()).toBe(line);
        peer.send(`[${line.trim()}]`, port, host);
      }
      await program.prints(/^\[one\]\[two\]$/);
      program.endInput();
      expect(await program.end()).toEqual({ output: "[one][two]", errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "nobody there ends it with 1 and one line",
    async () => {
      const peer = await RawDatagramPeer.open();
      const { port } = peer;
      peer[Symbol.dispose]();
      expect(await RunningProgram.run("hello?\n", "connect", `udp:127.0.0.1:${port}`)).toEqual({
        output: "",
        errors: `pretzel: udp 127.0.0.1:${port} refused the datagram: nothing listens there\n`,
        status: 1,
      });
    },
    TEST_LIMIT_MS,
  );
});

describe("pretzel connect unix:", () => {
  test(
    "connects to an abstract name",
    async () => {
      const name = `pretzel-test-${process.pid}-${Date.now()}`;
      using listener = new RawListener({ unix: `\0${name}` });
      await using program = new RunningProgram("connect", `unix:@${name}`);
      using peer = await listener.accept();
      program.type("hi");
      program.endInput();
      expect((await peer.end()).toString()).toBe("hi");
      peer.sendFIN();
      expect(await program.end()).toEqual({ output: "", errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );
});

/** A port that was free a moment ago. */
function unusedPort(): { readonly port: number } {
  using listener = new RawListener();
  return { port: listener.port };
}
