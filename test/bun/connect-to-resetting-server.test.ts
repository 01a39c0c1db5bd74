import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const PROGRAM = join(import.meta.dir, "resetting-server-program.ts");

/** Enough for every order in which bytes, the reset and the news of the connection can come. */
const CONNECTS = 3_000;
const AT_A_TIME = 20;

/** A process of its own, so that its reset comes at any moment of the connect. */
class ResettingServer implements AsyncDisposable {
  readonly #process;
  readonly #port: Promise<number>;

  constructor(banner: string) {
    this.#process = Bun.spawn([process.execPath, PROGRAM, banner], { stdout: "pipe" });
    this.#port = firstLine(this.#process.stdout).then(Number);
  }

  get port(): Promise<number> {
    return this.#port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await output.getReader().read();
  return Buffer.from(value ?? []).toString();
}

/** How many of the connects ended in which way: with what they received, and why. */
async function outcomes(port: number): Promise<Record<string, number>> {
  const reactor = new BunReactor();
  const counts: Record<string, number> = {};
  let left = CONNECTS;
  const connectOn = async () => {
    while (left-- > 0) {
      const outcome = await outcomeOf(reactor, port);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, connectOn));
  return counts;
}

async function outcomeOf(reactor: BunReactor, port: number): Promise<string> {
  const client = new RecordingProtocol();
  try {
    const options = { host: "127.0.0.1", port, timeoutMs: 1_000 };
    await reactor.connectTCP(options, new Factory(() => client));
  } catch (error) {
    return `no connection: ${(error as { code?: string }).code}`;
  }
  const reason = await client.lost();
  const cause = reason.kind === "lost" ? (reason.cause as { code?: string }).code : reason.kind;
  return `${client.received}, ${cause}`;
}

/** How many of them the reset has reached before anything was read: as a reset of the connect. */
function withoutBytes(counts: Record<string, number>): number {
  const { ", ECONNRESET": lost = 0, "no connection: ECONNRESET": rejected = 0 } = counts;
  return lost + rejected;
}

// Without libc there is nothing to compare with.
describe.skipIf(libcOrNull() === null)("connectTCP to a server that resets (needs libc)", () => {
  test("bytes that came before the reset are received, every time", async () => {
    await using server = new ResettingServer("banner");
    expect(await outcomes(await server.port)).toEqual({ "banner, ECONNRESET": CONNECTS });
  }, 30_000);

  test("the reset alone rejects the connect or ends the connection, and nothing hangs", async () => {
    await using server = new ResettingServer("");
    const counts = await outcomes(await server.port);
    expect([withoutBytes(counts), counts]).toEqual([CONNECTS, counts]);
  }, 30_000);
});

describe("connectTCP without libc to a server that resets", () => {
  test("each connect is told of the reset, with the bytes or without", async () => {
    using _libc = replaceLibc(loadLibc(["no-such-library.so"]));
    await using server = new ResettingServer("banner");
    const counts = await outcomes(await server.port);
    const { "banner, ECONNRESET": received = 0 } = counts;
    expect([received + withoutBytes(counts), counts]).toEqual([CONNECTS, counts]);
  }, 30_000);
});
