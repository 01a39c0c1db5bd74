import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { InternetAddress } from "../../src/reactor/address.ts";
import { DatagramQueue } from "../../src/transport/datagram-queue.ts";

function at(port: number): InternetAddress {
  return new InternetAddress("udp", "192.0.2.9", port);
}

/** What waits, in order. */
function contents(queue: DatagramQueue): string[] {
  const texts: string[] = [];
  while (queue.length > 0) {
    const { first, run } = queue;
    for (let slot = first; slot < first + run; slot++) {
      texts.push(`${queue.data[slot]} to ${queue.addresses[slot]?.port}`);
    }
    queue.remove(run);
  }
  return texts;
}

describe("DatagramQueue", () => {
  test("first in, first out, however much is put in and taken out between", () => {
    const step = fc.record({ pushes: fc.nat(150), removes: fc.nat(150) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const queue = new DatagramQueue();
        const expected: string[] = [];
        let next = 0;
        for (const { pushes, removes } of steps) {
          for (let index = 0; index < pushes; index++, next++) {
            queue.push(Uint8Array.of(next & 0xff), at(next));
            expected.push(`${next & 0xff} to ${next}`);
          }
          const count = Math.min(removes, queue.run);
          expect(queue.remove(count)).toBe(count);
          expected.splice(0, count);
          expect([queue.length, queue.bytes]).toEqual([expected.length, expected.length]);
        }
        expect(contents(queue)).toEqual(expected);
      }),
    );
  });

  test("it holds room for what is in it, and as little as at first when it was empty", () => {
    const queue = new DatagramQueue();
    const push = (count: number) => {
      for (let index = 0; index < count; index++) queue.push(Buffer.alloc(1), at(1));
    };
    push(1_000);
    for (let round = 0; round < 1_000; round++) {
      queue.remove(Math.min(queue.run, 24));
      push(24);
    }
    expect(queue.data.length).toBeLessThanOrEqual(2_048);
    while (queue.length > 0) queue.remove(queue.run);
    expect(queue.data.length).toBeLessThanOrEqual(64);
  });

  test("own copies each datagram once", () => {
    const queue = new DatagramQueue();
    const written = Array.from({ length: 100 }, (_, index) => Uint8Array.of(index));
    for (const data of written.slice(0, 90)) queue.push(data, at(1));
    queue.remove(10);
    queue.own();
    const copies = new Set(queue.data);
    queue.remove(20);
    for (const data of written.slice(90)) queue.push(data, at(1));
    queue.own();
    for (const data of written) data.fill(255);
    const waiting = queue.data.slice(queue.first, queue.first + queue.length);
    expect(waiting.map((data) => data[0])).toEqual(written.slice(30).map((_, index) => 30 + index));
    expect(waiting.filter((data) => copies.has(data)).length).toBe(60);
  });

  test("clear forgets everything", () => {
    const queue = new DatagramQueue();
    for (let index = 0; index < 70; index++) queue.push(Buffer.alloc(9), at(index));
    queue.clear();
    expect([queue.length, queue.bytes, queue.run]).toEqual([0, 0, 0]);
    expect(queue.data.every(({ length }) => length === 0)).toBe(true);
    queue.push(Uint8Array.of(7), at(7));
    expect(contents(queue)).toEqual(["7 to 7"]);
  });
});
