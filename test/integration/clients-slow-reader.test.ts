/** A client that does not read, against the memory of `pretzel serve`. */
import { describe, expect, test } from "bun:test";
import { startServing } from "../cli/serving-program.ts";
import { RawPeer } from "../raw-peer.ts";
import { TEST_LIMIT_MS } from "./shell.ts";

const MEBIBYTE = 1_048_576;
const SENT_BYTES = 64 * MEBIBYTE;

/**
 * What the server's memory may grow by. It holds up to 64 KiB of answers and one chunk of 512 KiB;
 * the rest is garbage that is collected now and then. To keep what the reader leaves would take
 * nearly all of 64 MiB.
 */
const MAX_GROWTH_BYTES = 40 * MEBIBYTE;

/** Most resident memory that a process ever had, in bytes. */
async function peakMemory(processId: number): Promise<number> {
  const status = await Bun.file(`/proc/${processId}/status`).text();
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`Process ${processId} has no memory`);
  return Number(kibibytes) * 1024;
}

/** Bytes that differ everywhere, so that no exchange of two parts goes unseen. */
function numbered(length: number): Buffer {
  const words = Uint32Array.from({ length: length / 4 }, (_, index) => index);
  return Buffer.from(words.buffer);
}

function sha256(data: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

// The memory of another process is read from a file that only Linux has.
describe.skipIf(process.platform !== "linux")("A slow reader of echo", () => {
  test(
    "gets 64 MiB back byte for byte, and the server's memory stays bounded",
    async () => {
      const { program, port } = await startServing("--services", "echo", "--host", "127.0.0.1");
      await using _program = program;
      const memoryBefore = await peakMemory(program.processId);
      using peer = await RawPeer.connect({ port: port("echo") });
      const question = numbered(SENT_BYTES);
      peer.stopReading();
      const sent = peer.send(question);
      while (peer.receivedBytes < SENT_BYTES) {
        // Long enough for the server to read all that it is willing to.
        await Bun.sleep(2);
        peer.readOn();
        await peer.receives(Math.min(peer.receivedBytes + MEBIBYTE, SENT_BYTES));
        peer.stopReading();
      }
      await sent;
      expect(sha256(peer.received)).toBe(sha256(question));
      const growth = (await peakMemory(program.processId)) - memoryBefore;
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
    },
    TEST_LIMIT_MS,
  );
});
