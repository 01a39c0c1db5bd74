/** What it costs to cut a stream into lines and strings, beside loops that do nothing else. */
import { Int32StringReceiver, LineReceiver, Protocol } from "pretzel";
import { connectedPair } from "pretzel/testing";
import { alternatingRounds } from "../alternating-rounds.ts";
import { type Benchmark, mustEqual, type ResultRow } from "../benchmark.ts";
import { spreadOf } from "../spread.ts";

/** The length of a message, without its delimiter or its length. */
const LINE_BYTES = 62;
const STRING_BYTES = 64;

/** What one read of a busy socket often gives, and what one packet holds. */
const CHUNK_BYTES = [65_536, 1_448] as const;

const SIZES = {
  full: { messages: 100_000, passes: 5, frameBytes: [2 ** 22, 2 ** 24], minFramesMs: 200 },
  smoke: { messages: 1_000, passes: 1, frameBytes: [2 ** 12, 2 ** 14], minFramesMs: 0 },
} as const;

/** How small the chunks are that one long frame comes in. */
const FRAME_CHUNK_BYTES = [1, 32, 1_024] as const;

/** Takes chunks and counts the messages in them. */
interface Counter {
  messages: number;
  bytes: number;
  dataReceived(data: Buffer): unknown;
}

/** The least that cuts lines: for well-formed input alone, without limits, pauses or modes. */
class LineLoop implements Counter {
  messages = 0;
  bytes = 0;
  #rest: Buffer = Buffer.alloc(0);

  dataReceived(data: Buffer): void {
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let start = 0;
    for (let end = all.indexOf(LF); end !== -1; end = all.indexOf(LF, start)) {
      this.lineReceived(all.subarray(start, end - 1));
      start = end + 1;
    }
    this.#rest = all.subarray(start);
  }

  lineReceived(line: Buffer): void {
    this.messages++;
    this.bytes += line.length;
  }
}

const LF = 0x0a;

/** The least that cuts strings behind a length of four bytes. */
class StringLoop implements Counter {
  messages = 0;
  bytes = 0;
  #rest: Buffer = Buffer.alloc(0);

  dataReceived(data: Buffer): void {
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let start = 0;
    while (start + 4 <= all.length) {
      const end = start + 4 + all.readUInt32BE(start);
      if (end > all.length) break;
      this.stringReceived(all.subarray(start + 4, end));
      start = end;
    }
    this.#rest = all.subarray(start);
  }

  stringReceived(string: Buffer): void {
    this.messages++;
    this.bytes += string.length;
  }
}

class CountingLines extends LineReceiver implements Counter {
  messages = 0;
  bytes = 0;

  override lineReceived(line: Buffer): void {
    this.messages++;
    this.bytes += line.length;
  }
}

class CountingStrings extends Int32StringReceiver implements Counter {
  messages = 0;
  bytes = 0;
  override maxLength = Math.max(...SIZES.full.frameBytes);

  override stringReceived(string: Buffer): void {
    this.messages++;
    this.bytes += string.length;
  }
}

class Idle extends Protocol {}

/** On the transport of real connections; what comes is handed in by the benchmark. */
function connected<P extends Protocol>(protocol: P): P {
  connectedPair(new Idle(), protocol);
  return protocol;
}

function chunksOf(data: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < data.length; start += size) {
    chunks.push(Buffer.from(data.subarray(start, start + size)));
  }
  return chunks;
}

/** One way of cutting one stream, timed over all of it. */
interface Contender {
  readonly make: () => Counter;
  readonly chunks: readonly Buffer[];
  readonly messages: number;
  readonly messageBytes: number;
}

/** Messages per second of the median pass; each pass is checked. */
function measureRate({ make, chunks, messages, messageBytes }: Contender, passes: number): number {
  const rates: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const counter = make();
    const start = Bun.nanoseconds();
    for (const chunk of chunks) counter.dataReceived(chunk);
    rates.push((messages * 1e9) / (Bun.nanoseconds() - start));
    mustEqual("Messages", counter.messages, messages);
    mustEqual("Bytes", counter.bytes, messages * messageBytes);
  }
  return spreadOf(rates).median;
}

/**
 * Nanoseconds for each byte of a frame that comes in small chunks: the mean over as many frames as
 * take `minFramesMs`, because now and then one finds no memory that is mapped already.
 */
function measureFrame(frameBytes: number, chunkBytes: number, minFramesMs: number): number {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(frameBytes);
  const chunk = Buffer.alloc(chunkBytes);
  let elapsed = 0;
  let frames = 0;
  do {
    const receiver = connected(new CountingStrings());
    const start = Bun.nanoseconds();
    receiver.dataReceived(header);
    for (let sent = 0; sent < frameBytes; sent += chunkBytes) receiver.dataReceived(chunk);
    elapsed += Bun.nanoseconds() - start;
    frames++;
    mustEqual("Bytes of the frame", receiver.bytes, frameBytes);
  } while (elapsed < minFramesMs * 1e6);
  return elapsed / frames / frameBytes;
}

/** A receiver, the loop that it is compared with, and what both read. */
interface Comparison {
  readonly parameters: ResultRow["parameters"];
  readonly receiver: Contender;
  readonly loop: Contender;
}

function comparisons(messages: number): Comparison[] {
  const line = Buffer.from(`${"x".repeat(LINE_BYTES)}\r\n`);
  const string = Buffer.alloc(4 + STRING_BYTES, "x");
  string.writeUInt32BE(STRING_BYTES);
  return CHUNK_BYTES.flatMap((chunkBytes): Comparison[] => {
    const lines = chunksOf(Buffer.concat(Array(messages).fill(line)), chunkBytes);
    const strings = chunksOf(Buffer.concat(Array(messages).fill(string)), chunkBytes);
    const ofLines = { chunks: lines, messages, messageBytes: LINE_BYTES };
    const ofStrings = { chunks: strings, messages, messageBytes: STRING_BYTES };
    return [
      {
        parameters: { what: "LineReceiver", chunkBytes },
        receiver: { ...ofLines, make: () => connected(new CountingLines()) },
        loop: { ...ofLines, make: () => new LineLoop() },
      },
      {
        parameters: { what: "Int32StringReceiver", chunkBytes },
        receiver: { ...ofStrings, make: () => connected(new CountingStrings()) },
        loop: { ...ofStrings, make: () => new StringLoop() },
      },
    ];
  });
}

async function compare(
  compared: readonly Comparison[],
  passes: number,
  rounds: number,
  progress: (line: string) => void,
): Promise<ResultRow[]> {
  const contenders = compared.flatMap(({ receiver, loop }) => [loop, receiver]);
  // Once each before it counts, so that everything has been compiled.
  for (const contender of contenders) measureRate(contender, passes);
  const rates = await alternatingRounds(contenders, rounds, async (contender, round) => {
    if (contender === contenders[0]) progress(`micro/framing: round ${round + 1} of ${rounds}`);
    return measureRate(contender, passes);
  });
  return compared.map(({ parameters, receiver, loop }): ResultRow => {
    const own = rates.get(receiver) ?? [];
    const baseline = rates.get(loop) ?? [];
    return {
      parameters,
      measures: {
        "messages/s": spreadOf(own),
        "of the loop's": spreadOf(own.map((rate, round) => rate / (baseline[round] ?? 0))),
      },
    };
  });
}

async function timeFrames(
  frameBytes: readonly number[],
  minFramesMs: number,
  rounds: number,
): Promise<ResultRow[]> {
  const frames = FRAME_CHUNK_BYTES.flatMap((chunkBytes) =>
    frameBytes.map((bytes) => ({ bytes, chunkBytes })),
  );
  const times = await alternatingRounds(frames, rounds, async ({ bytes, chunkBytes }) =>
    measureFrame(bytes, chunkBytes, minFramesMs),
  );
  return frames.map((frame): ResultRow => {
    return {
      parameters: { what: `one frame of ${frame.bytes} bytes`, chunkBytes: frame.chunkBytes },
      measures: { "ns/byte": spreadOf(times.get(frame) ?? []) },
    };
  });
}

/** Receivers against hand-written loops, and one long frame in small chunks. */
export const MICRO_FRAMING: Benchmark = {
  name: "micro/framing",
  summary: "lines and strings cut by receivers and by hand-written loops, and long frames",
  async run({ size, rounds, progress }) {
    const { messages, passes, frameBytes, minFramesMs } = SIZES[size];
    const compared = await compare(comparisons(messages), passes, rounds, progress);
    const frames = await timeFrames(frameBytes, minFramesMs, rounds);
    const slowest = Math.min(...compared.map((row) => row.measures["of the loop's"]?.median ?? 0));
    return {
      rows: [...compared, ...frames],
      findings: [
        `The slowest receiver does ${slowest.toFixed(2)} of what its loop does; 0.6 is the aim.`,
        "A frame's cost is in proportion to its length where ns/byte is the same for both lengths.",
      ],
    };
  },
};
