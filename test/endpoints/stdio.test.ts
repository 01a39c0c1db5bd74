import { describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StandardIOEndpoint } from "../../src/endpoints/standard-io-endpoint.ts";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { startConnect } from "../../src/native/precise-socket.ts";
import { closeDescriptor } from "../../src/native/socket-descriptor.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";
import { TLSError } from "../../src/reactor/tls.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { RawListener } from "../raw-listener.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const PROGRAM = join(import.meta.dir, "stdio-program.ts");

/** The shell command that runs the program, with `protocol` at work. */
function program(protocol: string): string {
  return `'${process.execPath}' '${PROGRAM}' ${protocol}`;
}

/** Runs a shell script in a folder of its own, which has 4 MB of noise in the file `noise`. */
async function shell(script: string) {
  const folder = mkdtempSync(join(tmpdir(), "pretzel-stdio-"));
  try {
    const whole = `head -c 4000000 /dev/urandom > noise\n${script}`;
    const run = Bun.spawn(["bash", "-c", whole], { cwd: folder, stdout: "pipe", stderr: "pipe" });
    const [output, errors] = await Promise.all([run.stdout.text(), run.stderr.text()]);
    return { output, errors, status: await run.exited };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("stdio:", () => {
  test("pipes are echoed, byte by byte the same, and end in order", async () => {
    const script = `cat noise | ${program("Echo")} | cmp - noise && echo same`;
    expect(await shell(script)).toEqual({ output: "same\n", errors: "done\n", status: 0 });
  });

  test("files are read and written", async () => {
    const script = `${program("Echo")} < noise > out && cmp out noise && echo same`;
    expect(await shell(script)).toEqual({ output: "same\n", errors: "done\n", status: 0 });
  });

  test("output is appended to a file where the shell says so", async () => {
    const script = `echo first > out; echo second | ${program("Echo")} >> out; cat out`;
    expect(await shell(script)).toMatchObject({ output: "first\nsecond\n", errors: "done\n" });
  });

  test("an input that is empty ends at once", async () => {
    const result = await shell(`${program("Echo")} < /dev/null`);
    expect(result).toEqual({ output: "", errors: "done\n", status: 0 });
  });

  test("each direction ends by itself: the reader sees our end while we still receive", async () => {
    // The noise comes only when `cat` has seen the end of the output.
    const script = `mkfifo input; ${program("LastWord")} < input | { cat; cat noise; } > input`;
    const { errors } = await shell(`exec 9<>/dev/null; ${script}`);
    expect(errors.split("\n").slice(0, 1)).toEqual(["ended"]);
    expect(errors).toContain("received 4000010\ndone");
  });

  test("a reader that does not read pauses the writer, and what was written arrives", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pretzel-stdio-"));
    // The shell opens the pipe at once, and begins to read only when it is told.
    const script = `${program("Flood")} | { read -r go < go; wc -c; }`;
    await Bun.$`mkfifo go`.cwd(folder).quiet();
    const run = Bun.spawn(["bash", "-c", script], { cwd: folder, stderr: "pipe" });
    const errors = run.stderr.getReader();
    const paused = Buffer.from((await errors.read()).value ?? []).toString();
    expect(paused).toMatch(/^paused \d+\n$/);
    const written = Number(paused.match(/\d+/)?.[0]);
    expect(written).toBeLessThan(400_000);
    await Bun.write(join(folder, "go"), "go\n");
    expect(Number(await run.stdout.text())).toBe(written);
    expect(Buffer.from((await errors.read()).value ?? []).toString()).toContain("resumed");
    rmSync(folder, { recursive: true });
  });

  test("a protocol that pauses gets nothing until it resumes, and then everything", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pretzel-stdio-"));
    const script = `head -c 3000000 /dev/zero | ${program("Late")}`;
    const run = Bun.spawn(["bash", "-c", `${script} & echo $! ; wait`], {
      cwd: folder,
      stderr: "pipe",
    });
    const output = run.stdout.getReader();
    const pid = Number(Buffer.from((await output.read()).value ?? []).toString());
    const errors = run.stderr.getReader();
    expect(Buffer.from((await errors.read()).value ?? []).toString()).toBe("waiting\n");
    process.kill(pid, "SIGUSR1");
    let received = 0;
    for (;;) {
      const { done, value } = await output.read();
      if (done) break;
      received += value.length;
    }
    expect(received).toBe(3_000_000);
    rmSync(folder, { recursive: true });
  });

  test("a reader that goes away is a lost connection", async () => {
    // An input that does not end, so that only the output can.
    const endless = `mkfifo input; exec 9<>input; ${program("Endless")} < input`;
    const { output, errors } = await shell(`${endless} | head -c 100000 | wc -c`);
    expect(output.trim()).toBe("100000");
    expect(errors).toBe("lost EPIPE\n");
  });

  test("an output that is full is a lost connection", async () => {
    const { errors } = await shell(`${program("Echo")} < noise > /dev/full`);
    expect(errors).toBe("lost ENOSPC\n");
  });

  test("an abort ends the program, though nobody has read", async () => {
    const { errors } = await shell(`mkfifo full; exec 9<>full; ${program("Abort")} > full`);
    expect(errors).toBe("aborted\n");
  });

  test("TLS is refused, and the connection lost", async () => {
    const { errors } = await shell(`cat noise | ${program("Secure")}`);
    expect(errors).toContain("There is no TLS over a pair of descriptors\n");
    expect(errors).toContain("lost undefined\n");
  });

  // The program script is on most systems, but on small ones not.
  test.skipIf(Bun.which("script") === null)("a terminal is read by the line", async () => {
    const typed = `{ printf 'one\\n'; printf 'two\\n'; printf '\\004'; }`;
    const { output } = await shell(`${typed} | script -qec "${program("Echo")}" /dev/null`);
    // The terminal shows what is typed, once or twice, and the program shows it again.
    expect(output.match(/one\r\n/g)?.length).toBeGreaterThanOrEqual(2);
    expect(output.match(/two\r\n/g)?.length).toBeGreaterThanOrEqual(2);
    expect(output).toContain("done");
  });

  test("the two sockets that a parent passes are served", async () => {
    const run = Bun.spawn([process.execPath, PROGRAM, "Echo"], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    run.stdin.write("over sockets");
    await run.stdin.end();
    expect(await run.stdout.text()).toBe("over sockets");
    expect(await run.stderr.text()).toBe("done\n");
  });

  test.skipIf(libcOrNull() === null)(
    "one socket for both, as inetd passes it, ends each direction by itself (needs libc)",
    async () => {
      using listener = new RawListener();
      const { fd } = startConnect({ family: "IPv4", host: "127.0.0.1", port: listener.port });
      const peer = await listener.accept();
      const run = Bun.spawn([process.execPath, PROGRAM, "LastWord"], {
        stdio: [fd, fd, "pipe"],
      });
      closeDescriptor(fd);
      expect((await peer.end()).toString()).toBe("last word\n");
      await peer.send("answer");
      peer.sendFIN();
      expect(await run.stderr.text()).toBe("ended\nreceived 6\ndone\n");
    },
  );
});

/** Two named pipes that are served as input and output, and the far end of each. */
class ServedPipes implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "pretzel-stdio-"));
  readonly toInput: number;
  readonly fromOutput: number;
  readonly endpoint: StandardIOEndpoint;

  constructor(reactor: BunReactor) {
    const [input, output] = [join(this.#folder, "input"), join(this.#folder, "output")];
    Bun.spawnSync(["mkfifo", input, output]);
    // Opened for both, a pipe does not wait for its other end.
    const [keepsInput, keepsOutput] = [openSync(input, "r+"), openSync(output, "r+")];
    this.fromOutput = openSync(output, "r");
    this.toInput = openSync(input, "w");
    const served = { inputFd: openSync(input, "r"), outputFd: openSync(output, "w") };
    closeSync(keepsInput);
    closeSync(keepsOutput);
    this.endpoint = new StandardIOEndpoint(reactor, served);
  }

  /** Reads this much of the output, a little at a time. */
  async readOutput(byteCount: number): Promise<string> {
    const chunks: Buffer[] = [];
    for (let left = byteCount; left > 0;) {
      const chunk = Buffer.alloc(Math.min(left, 4_000));
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      read(this.fromOutput, chunk, 0, chunk.length, null, (error, length) =>
        error === null ? resolve(length) : reject(error),
      );
      const length = await promise;
      if (length === 0) throw new Error(`The output ended with ${left} bytes to come`);
      chunks.push(chunk.subarray(0, length));
      left -= length;
    }
    return Buffer.concat(chunks).toString();
  }

  [Symbol.dispose](): void {
    closeSync(this.fromOutput);
    rmSync(this.#folder, { recursive: true });
  }
}

describe("StandardIOEndpoint", () => {
  test("its port has the one connection until that has ended, and drains it", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    using pipes = new ServedPipes(reactor);
    const protocol = new RecordingProtocol({
      draining: (me) => me.connection.write("bye"),
    });
    const port = await pipes.endpoint.listen(new Factory(() => protocol));
    expect(port.stats).toMatchObject({ accepted: 1, refused: 0 });
    expect([...port.connections]).toEqual([protocol.connection]);
    expect(port.fileDescriptor).toBe(protocol.connection.fileDescriptor);
    writeSync(pipes.toInput, "hello");
    await protocol.receives(5);
    expect(protocol.received.toString()).toBe("hello");
    const drained = port.drain();
    closeSync(pipes.toInput);
    await drained;
    expect(protocol.reason).toEqual({ kind: "done" });
    expect(await Bun.file(pipes.fromOutput).text()).toBe("bye");
    expect(port.connections.size).toBe(0);
    await expect(port.startListening()).rejects.toBeInstanceOf(CannotListenError);
  });

  test("a drain that takes too long, or is cancelled, aborts the connection", async () => {
    for (const options of [{ timeoutMs: 1 }, { signal: AbortSignal.abort() }]) {
      const reactor = new BunReactor({ logger: new MemoryLogger() });
      using pipes = new ServedPipes(reactor);
      const protocol = new RecordingProtocol();
      const port = await pipes.endpoint.listen(new Factory(() => protocol));
      await port.drain(options);
      expect(protocol.reason).toEqual({ kind: "aborted" });
      closeSync(pipes.toInput);
    }
  });

  test("a pause holds back what comes, and the end of the input too", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    using pipes = new ServedPipes(reactor);
    const protocol = new RecordingProtocol();
    await pipes.endpoint.listen(new Factory(() => protocol));
    protocol.connection.pauseProducing();
    writeSync(pipes.toInput, "held back");
    closeSync(pipes.toInput);
    // What is written meanwhile goes its way.
    protocol.connection.write("out");
    const output = pipes.readOutput(3);
    expect(await output).toBe("out");
    expect(protocol.events).toEqual(["connectionMade"]);
    protocol.connection.resumeProducing();
    expect(await protocol.lost()).toEqual({ kind: "done" });
    expect(protocol.received.toString()).toBe("held back");
  });

  test("a slow reader gets all of it, however little it takes at once", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    using pipes = new ServedPipes(reactor);
    const whole = Buffer.alloc(1_000_000, "0123456789");
    const protocol = new RecordingProtocol();
    await pipes.endpoint.listen(new Factory(() => protocol));
    protocol.connection.write(whole);
    protocol.connection.loseConnection();
    closeSync(pipes.toInput);
    const output = await pipes.readOutput(whole.length);
    expect(Bun.hash(output)).toBe(Bun.hash(whole));
    expect(await protocol.lost()).toEqual({ kind: "done" });
  });

  test("its port has no TLS, and asks the connection for socket options", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    using pipes = new ServedPipes(reactor);
    const protocol = new RecordingProtocol();
    await using port = await pipes.endpoint.listen(new Factory(() => protocol));
    expect(() => port.reloadTLS({ key: "", certificate: "" })).toThrow("has no TLS to reload");
    // A pipe has none.
    expect(() => port.getSocketOption("SO_RCVBUF")).toThrow(SocketOptionError);
    expect(() => port.setSocketOption("SO_KEEPALIVE", true)).toThrow(SocketOptionError);
    protocol.connection.setNoDelay(true);
    protocol.connection.setKeepAlive(true, 1_000);
    protocol.connection.abortConnection();
    await protocol.lost();
    await port.drain();
    expect(() => port.getSocketOption("SO_RCVBUF")).toThrow("has no connection");
    closeSync(pipes.toInput);
  });

  test("TLS over it is refused, and the connection lost with that cause", async () => {
    const reactor = new BunReactor({ logger: new MemoryLogger() });
    using pipes = new ServedPipes(reactor);
    const protocol = new RecordingProtocol();
    await pipes.endpoint.listen(new Factory(() => protocol));
    const upgrading = protocol.connection.startTLS({ side: "client", verify: false });
    const error = await upgrading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TLSError);
    expect(await protocol.lost()).toEqual({ kind: "lost", cause: error as Error });
    closeSync(pipes.toInput);
  });

  test("a factory that refuses closes both, and the port has no connection", async () => {
    using pipes = new ServedPipes(new BunReactor());
    const port = await pipes.endpoint.listen(new Factory(() => null));
    expect(port.connections.size).toBe(0);
    expect(port.stats).toMatchObject({ accepted: 0, refused: 1 });
    expect(await Bun.file(pipes.fromOutput).text()).toBe("");
    await port.drain();
    closeSync(pipes.toInput);
  });

  test("descriptors that are not open cannot be listened at", async () => {
    const endpoint = new StandardIOEndpoint(new BunReactor(), { inputFd: 9_999, outputFd: 9_998 });
    const factory = new Factory(() => null);
    const error = await endpoint.listen(factory).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CannotListenError);
    expect(error).toMatchObject({ code: "EBADF", address: "standard input and output" });
    await expect(endpoint.listen(factory)).rejects.toThrow("they were adopted before");
  });
});
