import { describe, expect, test } from "bun:test";
import { nextStreamState, type StreamState } from "../../src/transport/stream-state.ts";

/** Every legal move, written out again: the table must not change by accident. */
const LEGAL: Readonly<Record<StreamState, readonly StreamState[]>> = {
  open: ["read-ended", "write-ending", "closing", "closed"],
  "read-ended": ["closing", "closed"],
  "write-ending": ["write-ended", "closing", "closed"],
  "write-ended": ["lingering", "closed"],
  closing: ["lingering", "closed"],
  lingering: ["closed"],
  closed: ["disconnected"],
  disconnected: [],
};

const STATES = Object.keys(LEGAL) as StreamState[];

describe("StreamState", () => {
  for (const from of STATES) {
    for (const to of STATES) {
      const isLegal = LEGAL[from].includes(to);
      test(`${from} to ${to} is ${isLegal ? "legal" : "refused"}`, () => {
        if (isLegal) expect(nextStreamState(from, to)).toBe(to);
        else expect(() => nextStreamState(from, to)).toThrow(`from ${from} to ${to}`);
      });
    }
  }
});
