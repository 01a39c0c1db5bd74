/** How udp-throughput knows what arrived, and where the rest was lost. */
import { describe, expect, test } from "bun:test";
import { accountForLoss } from "../../bench/udp-throughput/datagram-loss.ts";
import { DatagramRun } from "../../bench/udp-throughput/datagram-run.ts";
import { DatagramBatch } from "../../bench/udp-throughput/datagram-batch.ts";
import { dropsIn } from "../../bench/udp-throughput/socket-drops.ts";

const RUN = 3;
const PLAN = { bytes: 64, seed: 5, compares: true };

/** The datagrams of a run with these sequence numbers. */
function datagrams(...sequence: number[]): Buffer[] {
  const batch = new DatagramBatch(Math.max(...sequence) + 1, PLAN.bytes, RUN, PLAN.seed);
  batch.number();
  return sequence.map((number) => Buffer.from(batch.datagrams[number] ?? Buffer.alloc(0)));
}

function counted(data: readonly Buffer[]): DatagramRun {
  const run = new DatagramRun(RUN, PLAN);
  data.forEach((datagram, index) => run.count(datagram, 10 * index));
  return run;
}

describe("DatagramRun", () => {
  test("counts what comes in order, and the time it takes", () => {
    const expected = { received: 3, duplicates: 0, reordered: 0, damaged: 0, spanMs: 20 };
    expect(counted(datagrams(0, 1, 2))).toMatchObject(expected);
  });

  test("tells duplicates, and what comes after a later one", () => {
    const expected = { received: 4, duplicates: 1, reordered: 1 };
    expect(counted(datagrams(0, 2, 2, 1, 5_000))).toMatchObject(expected);
  });

  test("takes a changed byte and a wrong length for damage", () => {
    const [changed = Buffer.alloc(0), short = Buffer.alloc(0)] = datagrams(0, 1);
    changed.writeUInt8(changed.readUInt8(63) ^ 1, 63);
    expect(counted([changed, short.subarray(1), short.subarray(0, 63)])).toMatchObject({
      received: 0,
      damaged: 2,
    });
  });

  test("ignores what is of another run, or of nobody", () => {
    const [stray = Buffer.alloc(0)] = datagrams(0);
    stray.writeUInt32BE(RUN + 1, 0);
    const run = counted([stray, Buffer.alloc(0), Buffer.from("hi")]);
    expect(run).toMatchObject({ received: 0, damaged: 0 });
  });
});

describe("accountForLoss", () => {
  const report = { received: 60, duplicates: 0, reordered: 0, damaged: 0, spanMs: 1 };

  test("counts each lost datagram once, though the kernel counts what is shed too", () => {
    const loss = accountForLoss(
      { written: 100, sent: 90 },
      { ...report, shed: 12, socketDrops: 20 },
    );
    expect(loss).toEqual({ notSent: 10, shed: 12, socketDrops: 18, unknown: 0 });
  });

  test("calls unknown what nobody has counted", () => {
    const loss = accountForLoss({ written: 90, sent: 90 }, { ...report, shed: 0, socketDrops: 5 });
    expect(loss).toEqual({ notSent: 0, shed: 0, socketDrops: 5, unknown: 25 });
  });

  test("calls all unknown where the kernel does not say", () => {
    const unsaid = { ...report, shed: 0, socketDrops: null };
    expect(accountForLoss({ written: 90, sent: 90 }, unsaid).unknown).toBe(30);
  });
});

describe("dropsIn", () => {
  const TABLE = [
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid drops",
    "  10: 0100007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0  0 7 2 0 41",
    "  11: 00000000:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0  0 8 2 0 1",
    "  12: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0  0 9 2 0 99",
    "",
  ].join("\n");

  test("adds up the sockets of the port", () => expect(dropsIn(TABLE, 5_300)).toBe(42));
  test("has none for a port without a socket", () => expect(dropsIn(TABLE, 1)).toBe(0));
});
