/**
 * Closing towards a peer that reads slowly: nothing that was written is lost as long as the peer
 * goes on taking it, however much longer that takes than the close timeout.
 */
import { describe, expect, test } from "bun:test";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";
import { has, TEST_LIMIT_MS } from "./shell.ts";

/** Long enough for a busy machine to go on within it, and a fraction of what the readers take. */
const CLOSE_TIMEOUT_MS = 800;

/**
 * Writes `bytes` to a reader and closes. Returns what the program prints.
 *
 * @param pace the reader's receive buffer, how many bytes it takes at a time, and how often in ms
 */
async function closedOn(bytes: number, ...pace: number[]): Promise<unknown> {
  const program = `${import.meta.dir}/slow-close-program.ts`;
  const command = [process.execPath, program, bytes, CLOSE_TIMEOUT_MS, ...pace].map(String);
  await using child = Bun.spawn(command, { stdout: "pipe" });
  return JSON.parse(await new Response(child.stdout).text());
}

describe.skipIf(!has("python3"))("loseConnection on a slow reader (needs python3)", () => {
  test(
    "a peer that reads steadily gets all of it and the end of stream",
    async () => {
      expect(await closedOn(3_000_000, 65_536, 20_000, 20)).toMatchObject({
        received: 3_000_000,
        end: "FIN",
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "so does one whose own kernel has taken all of it at once",
    async () => {
      expect(await closedOn(150_000, 400_000, 5_000, 60)).toMatchObject({
        received: 150_000,
        end: "FIN",
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "one that takes nothing is given up after the timeout, with a reset",
    async () => {
      expect(await closedOn(3_000_000, 65_536, 0, 0)).toEqual({
        received: 0,
        end: "RST",
        kind: "aborted",
      });
    },
    TEST_LIMIT_MS,
  );
});

// Needs python3, and a network of its own to shape, which not every machine allows.
describe.skipIf(!has("python3") || namespaceMissingBecause !== null)(
  `loseConnection over a slow link (needs python3 and namespaces: ${namespaceMissingBecause})`,
  () => {
    test(
      "a peer that reads all that comes gets all of it and the end of stream",
      async () => {
        using namespace = new NetworkNamespace();
        namespace.configure("ip link set lo mtu 1500");
        namespace.configure("tc qdisc add dev lo root tbf rate 2mbit burst 16kb latency 1s");
        const pace = [0, 100_000, 0].map(String);
        const timeout = String(CLOSE_TIMEOUT_MS);
        const end = await namespace.run("slow-close-program.ts", "1000000", timeout, ...pace);
        expect(end).toEqual({ received: 1_000_000, end: "FIN", kind: "done" });
      },
      TEST_LIMIT_MS,
    );
  },
);
