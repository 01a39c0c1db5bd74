import { describe, expect, test } from "bun:test";
import { LineLog } from "../../src/cli/line-log.ts";

/** An output whose reader is as slow as the test says. */
function slowOutput() {
  const output = {
    waitingBytes: 0,
    written: "",
    write(text: string | Uint8Array): boolean {
      output.written += text.toString();
      return true;
    },
  };
  return output;
}

describe("LineLog", () => {
  test("writes lines", () => {
    const output = slowOutput();
    const log = new LineLog(output);
    log.write("one");
    log.write("two");
    expect(output.written).toBe("one\ntwo\n");
  });

  test("leaves lines out while too much waits, and says afterwards how many", () => {
    const output = slowOutput();
    const log = new LineLog(output);
    log.write("first");
    output.waitingBytes = 262_145;
    log.write("unseen");
    log.write("unseen");
    output.waitingBytes = 262_144;
    log.write("next");
    log.write("last");
    expect(output.written).toBe("first\n2 lines were left out: output is slow\nnext\nlast\n");
  });
});
