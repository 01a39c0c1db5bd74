import { describe, expect, test } from "bun:test";
import { chunkings } from "../../src/testing/chunkings.ts";
import { SimulationLedger } from "../../src/testing/simulation-ledger.ts";

const TEXT = "what was written is what arrives";

function ledgerOf(...written: string[]): SimulationLedger {
  const ledger = new SimulationLedger();
  for (const chunk of written) ledger.wrote(Buffer.from(chunk));
  return ledger;
}

describe("SimulationLedger", () => {
  test("what was written arrives, in whatever chunks both were made", () => {
    for (const written of chunkings(TEXT, { maxFixedSize: 5 })) {
      for (const arriving of [
        [Buffer.from(TEXT)],
        [...TEXT].map((letter) => Buffer.from(letter)),
      ]) {
        const ledger = ledgerOf(...written.map(String));
        for (const chunk of arriving) expect(ledger.arrived(chunk)).toBeNull();
        expect([ledger.writtenBytes, ledger.arrivedBytes]).toEqual([TEXT.length, TEXT.length]);
      }
    }
  });

  test("a changed, a lost, a doubled and a swapped byte are noticed", () => {
    for (const arriving of ["abXdef", "abdef", "abbcdef", "bacdef"]) {
      const ledger = ledgerOf("abc", "def");
      const faults = [...arriving].map((letter) => ledger.arrived(Buffer.from(letter)));
      expect(faults.some((fault) => fault?.includes("are not those that were written"))).toBe(true);
    }
  });

  test("more than was written is noticed", () => {
    expect(ledgerOf("abc").arrived(Buffer.from("abcd"))).toBe(
      "1 bytes arrived that were never written",
    );
  });

  test("what was not taken after all must not arrive", () => {
    const ledger = ledgerOf("abc", "def");
    ledger.takeBack();
    expect(ledger.writtenBytes).toBe(3);
    expect(ledger.arrived(Buffer.from("abcd"))).not.toBeNull();
  });

  test("what is given back comes twice, and counts once", () => {
    const ledger = ledgerOf("abcdef");
    expect(ledger.arrived(Buffer.from("abcd"))).toBeNull();
    ledger.giveBack(2);
    expect(ledger.arrived(Buffer.from("cd"))).toBeNull();
    expect(ledger.arrived(Buffer.from("ef"))).toBeNull();
    expect(ledger.arrivedBytes).toBe(6);
  });

  test("a chunk that is changed after it was written is noticed", () => {
    const chunk = Buffer.from("before");
    const ledger = new SimulationLedger();
    ledger.wrote(chunk);
    chunk.write("behind");
    expect(ledger.arrived(chunk)).not.toBeNull();
  });
});
