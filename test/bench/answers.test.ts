/** A benchmark finds a wrong answer: nothing that does its work badly is timed. */
import { describe, expect, test } from "bun:test";
import { WrongAnswerError } from "../../bench/benchmark.ts";
import { EchoLoad } from "../../bench/dispatch-overhead/echo-load.ts";
import { readSlowly } from "../../bench/dispatch-overhead/slow-reader.ts";
import { DatagramLoad } from "../../bench/udp-echo/datagram-load.ts";
import { microBenchmark } from "../../bench/micro/micro-benchmark.ts";
import { ChunkRing } from "../../bench/send-strategies/chunk-ring.ts";

type Answer = (socket: Bun.Socket, data: Buffer) => void;

/** A server on bare Bun that answers as it is told, and ends when its peer does. */
function listen(answer: Answer): { readonly port: number } & Disposable {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      data: answer,
      end: (socket) => void socket.shutdown(),
      error: (socket) => socket.terminate(),
    },
  });
  return { port: listener.port, [Symbol.dispose]: () => listener.stop(true) };
}

const echo: Answer = (socket, data) => {
  socket.write(data);
};

async function load(port: number): Promise<EchoLoad> {
  const load = new EchoLoad();
  await load.connect(port, 2);
  return load;
}

describe("EchoLoad", () => {
  test("counts the messages that come back", async () => {
    using server = listen(echo);
    const result = await (await load(server.port)).run(100, 5, 1, true);
    expect(result.messages).toBeGreaterThan(1);
  });

  test("finds a changed byte", async () => {
    using server = listen((socket, data) => socket.write(Buffer.from(data).fill(0, 50)));
    const running = (await load(server.port)).run(100, 5, 1, true);
    await expect(running).rejects.toThrow("the server changed a byte");
  });

  test("finds a byte too many", async () => {
    using server = listen((socket, data) => socket.write(Buffer.concat([data, data])));
    const running = (await load(server.port)).run(100, 5, 1, false);
    await expect(running).rejects.toThrow("the server sent 200 bytes for 100");
  });

  test("finds a connection that the server has closed", async () => {
    using server = listen((socket) => socket.terminate());
    const running = (await load(server.port)).run(100, 5, 1, false);
    await expect(running).rejects.toThrow("the server has closed a connection");
  });
});

/** A server of datagrams that answers as it is told. */
async function answerDatagrams(answer: (data: Buffer) => Uint8Array | null) {
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data(from, data, port, host) {
        const answered = answer(data);
        if (answered !== null) from.send(answered, port, host);
      },
    },
  });
  return { port: socket.port, [Symbol.dispose]: () => socket.close() };
}

describe("DatagramLoad", () => {
  const order = { bytes: 64, underWay: 2, durationMs: 5, seed: 1, compares: true };

  async function datagramLoad(port: number, lostMs?: number): Promise<DatagramLoad> {
    const load = new DatagramLoad(lostMs);
    await load.open(port, 2);
    return load;
  }

  test("counts the answers, and how long they took", async () => {
    using server = await answerDatagrams((data) => data);
    const result = await (await datagramLoad(server.port)).run(order);
    expect(result.answers).toBeGreaterThan(3);
    expect(result.p99Us).toBeGreaterThanOrEqual(result.p50Us);
  });

  let turns = 0;
  test.each<[string, (data: Buffer) => Uint8Array | null]>([
    ["a changed byte", (data) => Buffer.from(data).fill(0, 63)],
    ["63 bytes", (data) => data.subarray(1)],
    ["somebody else's answer", (data) => Buffer.from(data).fill(9, 0, 4)],
    ["answer 0 instead of 1", (data) => (data.readUInt32LE(4) > 0 ? otherOf(data) : data)],
    ["an answer was lost", (data) => (turns++ > 3 ? null : data)],
  ])("finds %s", async (what, answer) => {
    using server = await answerDatagrams(answer);
    const running = (await datagramLoad(server.port, 0)).run(order);
    await expect(running).rejects.toThrow(what);
  });

  /** The answer to the datagram before it. */
  function otherOf(data: Buffer): Buffer {
    const other = Buffer.from(data);
    other.writeUInt32LE(data.readUInt32LE(4) - 1, 4);
    return other;
  }
});

describe("readSlowly", () => {
  test("finds bytes that a server without a queue has lost", async () => {
    using server = listen(echo);
    const bytes = 32 * 2 ** 20;
    const result = await readSlowly(server.port, bytes, 1);
    expect(result.returnedBytes).toBeLessThan(bytes);
    expect(result.returnedHash).not.toBe(result.sentHash);
  });

  test("gets back what is small enough for the kernel", async () => {
    using server = listen(echo);
    const result = await readSlowly(server.port, 10_000, 1);
    expect(result).toMatchObject({ returnedBytes: 10_000, returnedHash: result.sentHash });
  });
});

describe("microBenchmark", () => {
  test("refuses a case that does not come out right", async () => {
    const wrong = {
      parameters: { case: "wrong" },
      operations: 1,
      run() {},
      check() {
        throw new WrongAnswerError("The answer is 41, expected 42");
      },
      [Symbol.dispose]() {},
    };
    const benchmark = microBenchmark("micro/wrong", "never right", () => [wrong]);
    const settings = { size: "smoke", rounds: 1, seed: 1, progress() {} } as const;
    await expect(benchmark.run(settings)).rejects.toThrow(WrongAnswerError);
  });
});

describe("ChunkRing", () => {
  test("a chunk that is lost or out of place changes the hash", () => {
    const ring = new ChunkRing(16, 1);
    const inOrder = Buffer.concat([0, 1, 2].map((index) => ring.at(index)));
    const hash = (bytes: Buffer) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    expect(ring.hashOf(3)).toBe(hash(inOrder));
    const swapped = Buffer.concat([0, 2, 1].map((index) => ring.at(index)));
    expect(hash(swapped)).not.toBe(ring.hashOf(3));
    expect(ring.hashOf(2)).not.toBe(ring.hashOf(3));
  });
});
