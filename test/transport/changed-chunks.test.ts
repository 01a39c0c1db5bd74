/** A chunk belongs to the transport until it has left; some code changes it all the same. */
import { describe, expect, test } from "bun:test";
import { RecordingProtocol } from "./recording-protocol.ts";
import { scripted } from "./scripted-driver.ts";

/** Takes the memory of `chunk` away from it, as `postMessage` with a transfer list does. */
function transferred(chunk: Uint8Array): void {
  structuredClone(chunk.buffer, { transfer: [chunk.buffer as ArrayBuffer] });
}

describe("A chunk that was transferred before it was sent", () => {
  const before: readonly [string, readonly string[]][] = [
    ["alone", []],
    ["behind a small one", ["a"]],
    ["behind many small ones", ["a", "b", "c"]],
  ];
  for (const [where, chunks] of before) {
    for (const end of ["its turn", "an abort", "an end of the socket"] as const) {
      test(`${where}: ends its connection at ${end}, with an error that says so`, () => {
        const protocol = new RecordingProtocol();
        const { driver, connection, connections, settle } = scripted(protocol, {}, (d) => {
          d.budget = 0;
        });
        for (const chunk of chunks) connection.write(chunk);
        const chunk = new Uint8Array(20_000);
        connection.write(chunk);
        transferred(chunk);
        if (end === "an abort") connection.abortConnection();
        if (end === "an end of the socket") driver.events.closed();
        driver.budget = Number.POSITIVE_INFINITY;
        settle();
        driver.events.writable();
        settle();
        expect(connections.all.size).toBe(0);
        if (end !== "its turn") return;
        expect(protocol.reason).toMatchObject({
          kind: "lost",
          cause: { message: expect.stringContaining("has changed its length") },
        });
      });
    }
  }

  test("a resized one does as well", () => {
    const protocol = new RecordingProtocol();
    const { connection, settle } = scripted(protocol);
    const memory = new ArrayBuffer(50_000, { maxByteLength: 100_000 });
    connection.write("first");
    connection.write(new Uint8Array(memory));
    memory.resize(40_000);
    settle();
    expect(protocol.reason).toMatchObject({
      kind: "lost",
      cause: { message: expect.stringContaining("has changed its length") },
    });
  });
});
