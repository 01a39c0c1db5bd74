import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ReceiveBuffer } from "../../src/framing/receive-buffer.ts";

function bufferOf(...chunks: string[]): ReceiveBuffer {
  const buffer = new ReceiveBuffer();
  for (const chunk of chunks) buffer.append(Buffer.from(chunk));
  return buffer;
}

describe("ReceiveBuffer", () => {
  test("a chunk is handed out where it lies, without a copy", () => {
    const chunk = Buffer.from("onetwo");
    const buffer = new ReceiveBuffer();
    buffer.append(chunk);
    const taken = buffer.take(3);
    chunk[0] = 0x58;
    expect(taken.toString()).toBe("Xne");
  });

  test("what crosses the border of two chunks is taken in one piece", () => {
    const buffer = bufferOf("on", "etw", "o");
    expect(buffer.take(3).toString()).toBe("one");
    expect(buffer.take(3).toString()).toBe("two");
    expect(buffer.length).toBe(0);
  });

  test("behind such a piece the chunk is used where it lies again", () => {
    const buffer = bufferOf("on");
    const chunk = Buffer.from("etwo");
    buffer.append(chunk);
    buffer.take(3);
    const taken = buffer.take(3);
    chunk.fill("X");
    expect(taken.toString()).toBe("XXX");
  });

  test("more than there is cannot be taken, skipped, looked at or read", () => {
    const buffer = bufferOf("ab", "c");
    const message = "Cannot take 4 bytes: 3 are there";
    expect(() => buffer.take(4)).toThrow(new RangeError(message));
    expect(() => buffer.skip(4)).toThrow(new RangeError(message));
    expect(() => buffer.peek(4)).toThrow(new RangeError(message));
    expect(() => buffer.byteAt(3)).toThrow(new RangeError(message));
    expect(() => buffer.readUIntBE(1, 3)).toThrow(new RangeError(message));
    expect(buffer.takeAll().toString()).toBe("abc");
  });

  test("what is not a whole number of at least 0 cannot be taken, skipped or looked at", () => {
    for (const count of [-1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
      const buffer = bufferOf("ab", "c");
      buffer.skip(1);
      const error = new RangeError(`Cannot take ${count} bytes: 2 are there`);
      expect(() => buffer.take(count)).toThrow(error);
      expect(() => buffer.skip(count)).toThrow(error);
      expect(() => buffer.peek(count)).toThrow(error);
      expect(buffer.takeAll().toString()).toBe("bc");
    }
  });

  test("integers are read in both byte orders, over the borders of chunks", () => {
    const buffer = bufferOf("\u0000\u0001\u0002", "\u0003", "\u0004\u0005");
    expect(buffer.readUIntBE(1, 4)).toBe(0x01020304);
    expect(buffer.readUIntLE(1, 4)).toBe(0x04030201);
    expect(buffer.readUIntBE(0, 6)).toBe(0x0102030405);
    expect(buffer.length).toBe(6);
  });

  test("a needle is found over the border of chunks, the leftmost first", () => {
    expect(bufferOf("a-", "-b--").indexOf(Buffer.from("--"))).toBe(1);
    expect(bufferOf("a", "b", "c").indexOf(0x63)).toBe(2);
    expect(bufferOf("a-").indexOf(Buffer.from("--"))).toBe(-1);
  });

  test("looking for another needle begins at the front again", () => {
    const buffer = bufferOf("b.a");
    expect(buffer.indexOf(0x63)).toBe(-1);
    expect(buffer.indexOf(0x62)).toBe(0);
    expect(buffer.takeLine(Buffer.from("."), 5)?.toString()).toBe("b");
  });

  test("bytes put back come before all others", () => {
    const buffer = bufferOf("one", "two");
    const taken = buffer.take(3);
    buffer.prepend(taken.subarray(1));
    expect(buffer.takeAll().toString()).toBe("netwo");
    buffer.prepend(Buffer.from("new"));
    expect(buffer.takeAll().toString()).toBe("new");
  });

  test("takeLine leaves a line that is too long, and one that has not ended", () => {
    const buffer = bufferOf("abc\r", "\nd");
    expect(buffer.takeLine(Buffer.from("\r\n"), 2)).toBeNull();
    expect(buffer.takeLine(Buffer.from("\r\n"), 3)?.toString()).toBe("abc");
    expect(buffer.takeLine(Buffer.from("\r\n"), 3)).toBeNull();
    expect(buffer.takeAll().toString()).toBe("d");
  });

  test("an empty buffer holds no memory, and a small rest does not hold its chunk", () => {
    const buffer = new ReceiveBuffer();
    buffer.append(Buffer.alloc(65_536));
    buffer.take(65_000);
    buffer.settle();
    expect(buffer.heldBytes).toBeLessThan(2 * 536 + 1);
    buffer.take(536);
    buffer.settle();
    expect(buffer.heldBytes).toBe(0);
  });

  test("memory does not grow beyond the frame that is expected", () => {
    const buffer = new ReceiveBuffer();
    for (let bytes = 0; bytes < 10_000; bytes += 100) {
      buffer.append(Buffer.alloc(100));
      buffer.expect(10_000);
      buffer.settle();
    }
    expect(buffer.length).toBe(10_000);
    expect(buffer.heldBytes).toBe(10_000);
  });
});

type Operation = (buffer: ReceiveBuffer, model: { bytes: Buffer }) => Buffer | null | void;

/** Up to `share` of what is there, so that an operation is mostly possible. */
function part(share: number, model: { readonly bytes: Buffer }): number {
  return Math.floor(share * model.bytes.length);
}

function takeFromModel(model: { bytes: Buffer }, count: number): Buffer {
  const taken = model.bytes.subarray(0, count);
  model.bytes = model.bytes.subarray(count);
  return taken;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** Few different bytes, so that delimiters and their beginnings are everywhere. */
const someBytes = fc
  .array(fc.constantFrom(0x0d, 0x0a, 0x61), { maxLength: 300, size: "max" })
  .map((bytes) => Buffer.from(bytes));
const CRLF = Buffer.from("\r\n");

const append = someBytes.map((chunk): Operation => (buffer, model) => {
  buffer.append(Buffer.from(chunk));
  model.bytes = Buffer.concat([model.bytes, chunk]);
});

const take = share.map((amount): Operation => (buffer, model) => {
  const count = part(amount, model);
  const taken = buffer.take(count);
  expect(taken).toEqual(takeFromModel(model, count));
  return taken;
});

const takeChunk = fc.constant<Operation>((buffer, model) => {
  const taken = buffer.takeChunk();
  expect(taken === null).toBe(model.bytes.length === 0);
  if (taken !== null) expect(taken).toEqual(takeFromModel(model, taken.length));
  return taken;
});

const takeLine = share.map((amount): Operation => (buffer, model) => {
  const maxLength = part(amount, model);
  const end = model.bytes.indexOf(CRLF);
  const line = buffer.takeLine(CRLF, maxLength);
  expect(line !== null).toBe(end !== -1 && end <= maxLength);
  if (line === null) return;
  expect(line).toEqual(takeFromModel(model, end));
  takeFromModel(model, CRLF.length);
  return line;
});

const skip = share.map((amount): Operation => (buffer, model) => {
  const count = part(amount, model);
  buffer.skip(count);
  takeFromModel(model, count);
});

const putBackTail = fc.tuple(share, share).map(([amount, tail]): Operation => (buffer, model) => {
  const count = part(amount, model);
  const taken = buffer.take(count);
  takeFromModel(model, count);
  const back = taken.subarray(Math.floor(tail * count));
  buffer.prepend(back);
  model.bytes = Buffer.concat([back, model.bytes]);
});

const prepend = someBytes.map((bytes): Operation => (buffer, model) => {
  buffer.prepend(Buffer.from(bytes));
  model.bytes = Buffer.concat([bytes, model.bytes]);
});

const look = share.map((amount): Operation => (buffer, model) => {
  const count = part(amount, model);
  expect(buffer.peek(count)).toEqual(model.bytes.subarray(0, count));
  expect(buffer.indexOf(CRLF)).toBe(model.bytes.indexOf(CRLF));
  expect(buffer.indexOf(0x0a)).toBe(model.bytes.indexOf(0x0a));
});

const settle = fc.constant<Operation>((buffer) => buffer.settle());

const operations = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: append },
    { weight: 3, arbitrary: take },
    { weight: 3, arbitrary: takeLine },
    ...[takeChunk, skip, putBackTail, prepend, look, settle].map((arbitrary) => ({
      weight: 1,
      arbitrary,
    })),
  ),
  { maxLength: 60, size: "max" },
);

describe("ReceiveBuffer, against one plain sequence of bytes", () => {
  test("any mix of operations gives the same, and what was taken never changes", () => {
    fc.assert(
      fc.property(operations, (list) => {
        const buffer = new ReceiveBuffer();
        const model = { bytes: Buffer.alloc(0) };
        const taken: { readonly view: Buffer; readonly copy: Buffer }[] = [];
        for (const operation of list) {
          const view = operation(buffer, model);
          if (view) taken.push({ view, copy: Buffer.from(view) });
          expect(buffer.length).toBe(model.bytes.length);
          expect(buffer.heldBytes).toBeGreaterThanOrEqual(buffer.length);
        }
        for (const { view, copy } of taken) expect(view).toEqual(copy);
        expect(buffer.takeAll()).toEqual(model.bytes);
      }),
      { numRuns: 500 },
    );
  });
});
