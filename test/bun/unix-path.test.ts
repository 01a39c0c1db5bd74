import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawListener } from "../raw-listener.ts";
import { RawPeer } from "../raw-peer.ts";
import { abstractName } from "./live-connection.ts";
import { LiveServer } from "./live-server.ts";
import { RecordingFactory } from "./recording-factory.ts";

let folder: string;
let nextPath = 1;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pretzel-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newPath(): string {
  return join(folder, `socket-${nextPath++}`);
}

/** Leaves the file of a server that is gone, as one that was killed does. */
async function leaveStale(path: string): Promise<void> {
  const program = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } });
    process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", program]).exited;
}

/** Listens, expects that to fail, and returns with what; nothing may be left behind. */
async function failure(path: string): Promise<Error> {
  const before = openDescriptors();
  const listening = new BunReactor().listenUNIX({ path }, new RecordingFactory());
  const error = await listening.catch((reason: unknown) => reason);
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect(error).toBeInstanceOf(CannotListenError);
  return error as Error;
}

describe("BunReactor.listenUNIX", () => {
  test("the path is there while it listens, and gone afterwards", async () => {
    const path = newPath();
    const server = await LiveServer.listen({}, { path });
    expect(lstatSync(path).isSocket()).toBe(true);
    await server.connection();
    await server[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  });

  test("the path has mode 0666 unless told, whatever the umask", async () => {
    const umaskBefore = process.umask(0o077);
    try {
      for (const [mode, expected] of [
        [undefined, 0o666],
        [0o600, 0o600],
        [0o777, 0o777],
        [0o060, 0o060],
      ] as const) {
        const path = newPath();
        await using _server = await LiveServer.listen(
          {},
          mode === undefined ? { path } : { path, mode },
        );
        expect(statSync(path).mode & 0o777).toBe(expected);
      }
      expect(process.umask()).toBe(0o077);
    } finally {
      process.umask(umaskBefore);
    }
  });

  test("the path of a server that is dead is taken over", async () => {
    const path = newPath();
    await leaveStale(path);
    expect(lstatSync(path).isSocket()).toBe(true);
    await using server = await LiveServer.listen({}, { path });
    await server.connection();
  });

  test("the path of a server that lives is refused, and that one goes on", async () => {
    const path = newPath();
    await using server = await LiveServer.listen({}, { path });
    const second = new BunReactor().listenUNIX({ path }, new RecordingFactory());
    const error = await second.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CannotListenError);
    expect(error).toMatchObject({ code: "EADDRINUSE", address: `unix ${path}` });
    expect(lstatSync(path).isSocket()).toBe(true);
    // The first is the probe, which has gone already.
    await (await server.factory.next()).lost();
    await server.connection();
  });

  test("a plain file or a folder in its place is refused and left alone", async () => {
    const file = newPath();
    writeFileSync(file, "precious");
    expect(await failure(file)).toMatchObject({ code: "EADDRINUSE" });
    expect(readFileSync(file, "utf8")).toBe("precious");
    const inside = newPath();
    mkdirSync(inside);
    expect(await failure(inside)).toMatchObject({ code: "EADDRINUSE" });
    expect(statSync(inside).isDirectory()).toBe(true);
  });

  test("a path in a folder that does not exist: ENOENT", async () => {
    expect(await failure(join(folder, "none", "socket"))).toMatchObject({ code: "ENOENT" });
  });

  test("a path that is empty or too long says how long it may be", async () => {
    for (const path of ["", join(folder, "x".repeat(120))]) {
      expect((await failure(path)).message).toContain("1 to 107");
    }
  });

  test("a path with a NUL character inside of it is refused, and not cut there", async () => {
    const message = "has a NUL character at position 3: only the first can be one";
    expect((await failure("/a/\0b")).message).toContain(message);
  });

  test("connecting to a path that cannot be one says so", async () => {
    const reactor = new BunReactor();
    const factory = new RecordingFactory();
    for (const [path, detail] of [
      ["", "1 to 107"],
      [join(folder, "x".repeat(120)), "1 to 107"],
      [join(folder, "a\0b"), "NUL character"],
    ] as const) {
      const error = await reactor.connectUNIX({ path }, factory).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(detail);
    }
  });

  test("a newer server's path is left alone by an older one that stops", async () => {
    const path = newPath();
    const older = await LiveServer.listen({}, { path });
    rmSync(path);
    await using newer = await LiveServer.listen({}, { path });
    await older[Symbol.asyncDispose]();
    expect(lstatSync(path).isSocket()).toBe(true);
    await newer.connection();
  });

  test("a path that somebody removed does not hinder the stop", async () => {
    const path = newPath();
    const server = await LiveServer.listen({}, { path });
    rmSync(path);
    await server[Symbol.asyncDispose]();
    expect(server.factory.uses).toEqual(["start", "stop"]);
  });

  test("a plain file that somebody put there meanwhile survives the stop", async () => {
    const path = newPath();
    const server = await LiveServer.listen({}, { path });
    rmSync(path);
    writeFileSync(path, "precious");
    await server[Symbol.asyncDispose]();
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("startListening listens again at the same path", async () => {
    const path = newPath();
    await using server = await LiveServer.listen({}, { path });
    await server.port.stopListening();
    expect(existsSync(path)).toBe(false);
    await server.port.startListening();
    await server.connection();
  });

  test("an abstract name: served, refused twice, free again after the stop", async () => {
    const path = abstractName();
    const server = await LiveServer.listen({}, { path });
    await server.connection();
    const error = await failure(path);
    expect(error).toMatchObject({ code: "EADDRINUSE", address: `unix @${path.slice(1)}` });
    await server[Symbol.asyncDispose]();
    await using again = await LiveServer.listen({}, { path });
    await again.connection();
  });

  test("a listener of others at an abstract name is refused", async () => {
    const unix = abstractName();
    using _taken = new RawListener({ unix });
    expect(await failure(unix)).toMatchObject({ code: "EADDRINUSE" });
    using _peer = await RawPeer.connect({ unix });
  });
});
