import { describe, expect, test } from "bun:test";
import { DatagramPipe } from "../../src/cli/datagram-pipe.ts";
import { StandardOutput } from "../../src/cli/standard-output.ts";
import { InternetAddress } from "../../src/reactor/address.ts";
import type { DatagramDestination } from "../../src/reactor/datagram-transport.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryDatagramTransport } from "../../src/testing/memory-datagram-transport.ts";
import { HeldStream } from "./held-stream.ts";
import { TypedInput } from "./typed-input.ts";

const PEER = new InternetAddress("udp", "192.0.2.1", 7);
const WAIT_MS = 1_000;

/** Has a kernel whose buffer is full as long as the test says. */
class FullTransport extends MemoryDatagramTransport {
  full = false;

  override write(data: Uint8Array | string, address?: DatagramDestination): boolean {
    return super.write(data, address) && !this.full;
  }
}

/** A running pipe between a typed input, a held output and a transport. */
function piped() {
  const typed = new TypedInput();
  const stream = new HeldStream();
  const clock = new ManualClock();
  const transport = new FullTransport();
  const output = new StandardOutput(stream, (error) => {
    throw error;
  });
  const pipe = new DatagramPipe(PEER, typed.input, output, clock, WAIT_MS);
  pipe.makeConnection(transport);
  return { typed, stream, clock, transport, pipe, finished: pipe.run() };
}

/** Lets the input be read. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function sentTexts(transport: MemoryDatagramTransport): string[] {
  return transport.sent.map(([data]) => data.toString());
}

describe("DatagramPipe", () => {
  test("each line is a datagram with its line end, however the input is cut", async () => {
    const { typed, transport } = piped();
    for (const chunk of ["on", "e\ntwo\nth", "ree\n", "\n"]) {
      typed.type(chunk);
      await settle();
    }
    expect(sentTexts(transport)).toEqual(["one\n", "two\n", "three\n", "\n"]);
  });

  test("what is left at the end of the input is a datagram, too", async () => {
    const { typed, transport } = piped();
    typed.type("one\ntwo");
    typed.end();
    await settle();
    expect(sentTexts(transport)).toEqual(["one\n", "two"]);
  });

  test("a line that is too long becomes several", async () => {
    const { typed, transport } = piped();
    typed.type(Buffer.alloc(140_000, "x"));
    typed.end();
    await settle();
    expect(transport.sent.map(([data]) => data.length)).toEqual([65_507, 65_507, 8_986]);
  });

  test("prints what the peer sends", () => {
    const { pipe, stream } = piped();
    pipe.datagramReceived(Buffer.from("answer\n"));
    expect(stream.written).toBe("answer\n");
  });

  test("waits for answers after the end of the input, and then ends", async () => {
    const { typed, clock, finished } = piped();
    let ended = false;
    const ending = finished.then(() => {
      ended = true;
    });
    typed.type("question\n");
    typed.end();
    await settle();
    clock.advance(WAIT_MS - 1);
    await settle();
    expect(ended).toBe(false);
    clock.advance(1);
    await ending;
  });

  test("sends no more while the kernel is full, and all of it later", async () => {
    const { typed, clock, transport, pipe, finished } = piped();
    transport.full = true;
    typed.type("one\ntwo\nthree\n");
    await settle();
    typed.type("four\n");
    typed.end();
    await settle();
    expect(sentTexts(transport)).toEqual(["one\n"]);
    expect(clock.pending).toBe(0);
    transport.full = false;
    pipe.resumeWriting();
    await settle();
    expect(sentTexts(transport)).toEqual(["one\n", "two\n", "three\n", "four\n"]);
    clock.advance(WAIT_MS);
    await finished;
  });

  test("nobody at the peer is a failure", async () => {
    const { pipe, finished } = piped();
    pipe.connectionRefused();
    await expect(finished).rejects.toThrow(
      "udp 192.0.2.1:7 refused the datagram: nothing listens there",
    );
  });

  test("an error of the system is a failure", async () => {
    const { pipe, finished } = piped();
    pipe.errorReceived(new Error("EPERM"));
    await expect(finished).rejects.toThrow("Cannot send to udp 192.0.2.1:7: EPERM");
  });

  test("input that cannot be read is a failure", async () => {
    const { typed, finished } = piped();
    typed.fail(new Error("EIO"));
    await expect(finished).rejects.toThrow("Cannot read standard input: EIO");
  });
});
