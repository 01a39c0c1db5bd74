import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { AdoptedStreamServerEndpoint } from "../../src/endpoints/adopted-stream-server-endpoint.ts";
import { splitDescription } from "../../src/endpoints/endpoint-string.ts";
import { readServer, type SystemdDescription } from "../../src/endpoints/server-description.ts";
import { systemdDescriptor } from "../../src/endpoints/systemd-socket.ts";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull } from "../../src/native/libc.ts";
import { closeDescriptor, duplicate } from "../../src/native/socket-descriptor.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { abstractName } from "../bun/live-connection.ts";
import { hasIPv6 } from "../bun/ipv6-support.ts";
import { RawPeer, type RawTarget } from "../raw-peer.ts";
import { parseErrorOf } from "./parse-error-of.ts";

const PROGRAM = join(import.meta.dir, "systemd-program.ts");

function described(description: string): SystemdDescription {
  return readServer(splitDescription(description), []) as SystemdDescription;
}

describe("systemd:", () => {
  const environment = { LISTEN_PID: "42", LISTEN_FDS: "3", LISTEN_FDNAMES: "web:admin:web" };

  test("a socket is found by its index or by its name, of which the first counts", () => {
    const found = ["INET:0", "INET:2", "INET:name=admin", "UNIX:name=web"].map((rest) =>
      systemdDescriptor(described(`systemd:${rest}`), environment, 42),
    );
    expect(found).toEqual([3, 5, 4, 3]);
  });

  const failures: [rest: string, environment: Record<string, string>, detail: string][] = [
    ["INET:3", environment, "there is no socket 3: 3 were passed, from 0 on"],
    ["INET:name=db", environment, "no socket has this name among 3: they are called web, admin"],
    ["INET:name=db", { LISTEN_PID: "42", LISTEN_FDS: "1" }, "none has a name"],
    ["INET:0", {}, "LISTEN_FDS is not set: no service manager passed sockets"],
    ["INET:0", { LISTEN_FDS: "1" }, "LISTEN_PID is not set: the sockets are not for 42"],
    ["INET:0", { ...environment, LISTEN_PID: "41" }, "LISTEN_PID is 41"],
    ["INET:0", { ...environment, LISTEN_FDS: "x" }, 'LISTEN_FDS is "x" and no number'],
    ["INET:name=late", { ...environment, LISTEN_FDNAMES: "a:b:c:late" }, "no socket has this name"],
  ];
  for (const [rest, given, detail] of failures) {
    test(`systemd:${rest} with ${JSON.stringify(given)}: ${detail}`, () => {
      const error = parseErrorOf(() => systemdDescriptor(described(`systemd:${rest}`), given, 42));
      expect(error.message).toContain(detail);
      expect(error).toMatchObject({ part: rest.slice(5), position: 13 });
    });
  }
});

/** Listening sockets that nobody serves yet. */
function listeningDescriptor(where: object): { fd: number; port: number } {
  const listener = Bun.listen({ ...where, socket: { data() {} } } as never);
  const { fd, port } = listener as unknown as { fd: number; port: number };
  const copy = duplicate(fd);
  (listener as unknown as { stop(): void }).stop();
  return { fd: copy, port };
}

/** The program, with sockets and an environment as a service manager would give it. */
class ActivatedProgram implements AsyncDisposable {
  readonly #process;
  readonly #output: ReadableStream<Uint8Array>;

  constructor(fds: readonly number[], names: string, descriptions: readonly string[]) {
    const count = `LISTEN_FDS=${fds.length} LISTEN_FDNAMES=${names}`;
    const command = `LISTEN_PID=$$ ${count} exec '${process.execPath}' '${PROGRAM}' "$@"`;
    this.#process = Bun.spawn(["sh", "-c", command, "sh", ...descriptions], {
      stdio: ["ignore", "pipe", "inherit", ...fds],
    });
    for (const fd of fds) closeDescriptor(fd);
    this.#output = this.#process.stdout as ReadableStream<Uint8Array>;
  }

  /** What it prints about each description. */
  async outcomes(): Promise<string[]> {
    const { value } = await this.#output.getReader().read();
    return Buffer.from(value ?? [])
      .toString()
      .trimEnd()
      .split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

async function answerOf(target: RawTarget): Promise<string> {
  using peer = await RawPeer.connect(target);
  return (await peer.end()).toString();
}

describe.skipIf(libcOrNull() === null)("systemd: in an activated process (needs libc)", () => {
  test("sockets are served by index and by name, at their own addresses", async () => {
    const unix = abstractName();
    const tcp = listeningDescriptor({ hostname: "127.0.0.1", port: 0 });
    const local = listeningDescriptor({ unix });
    await using program = new ActivatedProgram([tcp.fd, local.fd], "web:local", [
      "systemd:domain=INET:index=0",
      "systemd:UNIX:name=local",
    ]);
    expect(await program.outcomes()).toEqual([
      `tcp 127.0.0.1:${tcp.port}`,
      `unix @${unix.slice(1)}`,
    ]);
    expect(await answerOf({ hostname: "127.0.0.1", port: tcp.port })).toBe("0");
    expect(await answerOf({ unix })).toBe("1");
  });

  test("a socket of another kind than the string says, and one taken twice, are refused", async () => {
    const tcp = [1, 2, 3].map(() => listeningDescriptor({ hostname: "127.0.0.1", port: 0 }));
    await using program = new ActivatedProgram(
      tcp.map(({ fd }) => fd),
      "a:b:c",
      ["systemd:UNIX:0", "systemd:INET6:1", "systemd:INET:2", "systemd:INET:2", "systemd:INET:3"],
    );
    const [unix, inet6, inet, again, missing] = await program.outcomes();
    expect(unix).toStartWith("CannotListenError: ");
    expect(inet6).toContain("it is a socket of IPv4, and INET6 was expected");
    expect(inet).toBe(`tcp 127.0.0.1:${tcp[2]?.port}`);
    expect(again).toStartWith("CannotListenError: ");
    expect(missing).toStartWith("EndpointParseError: ");
  });

  test.skipIf(!hasIPv6)("a socket of IPv6 is INET6 (needs ::1)", async () => {
    const { fd, port } = listeningDescriptor({ hostname: "::1", port: 0 });
    await using program = new ActivatedProgram([fd], "six", ["systemd:INET6:name=six"]);
    expect(await program.outcomes()).toEqual([`tcp [::1]:${port}`]);
    expect(await answerOf({ hostname: "::1", port })).toBe("0");
  });
});

describe.skipIf(libcOrNull() === null)("AdoptedStreamServerEndpoint (needs libc)", () => {
  test("it listens once, and its port closes the socket", async () => {
    const { fd, port } = listeningDescriptor({ hostname: "127.0.0.1", port: 0 });
    const endpoint = new AdoptedStreamServerEndpoint(new BunReactor(), { fd, domain: "INET" });
    const listening = await endpoint.listen(new Factory(() => null));
    expect(listening.host).toMatchObject({ host: "127.0.0.1", port });
    const again = await endpoint.listen(new Factory(() => null)).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(CannotListenError);
    await listening.stopListening();
    expect(() => closeDescriptor(fd)).toThrow("EBADF");
  });

  test("a UNIX socket may be given a path for its address", async () => {
    const { fd } = listeningDescriptor({ unix: abstractName() });
    const socket = { fd, domain: "UNIX", path: "/run/web.sock" } as const;
    const endpoint = new AdoptedStreamServerEndpoint(new BunReactor(), socket);
    await using port = await endpoint.listen(new Factory(() => null));
    expect(port.host.toString()).toBe("unix /run/web.sock");
  });
});

test("AdoptedStreamServerEndpoint: a reactor in memory has no descriptors", async () => {
  const endpoint = new AdoptedStreamServerEndpoint(new MemoryReactor(), { fd: 3, domain: "INET" });
  const listening = endpoint.listen(new Factory(() => null));
  expect(await listening.catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
});
