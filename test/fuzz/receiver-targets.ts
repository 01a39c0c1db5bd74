import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { joinRaw, makeReceiver } from "../protocols/vector-receivers.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { cutRandomly, damaged, oneOf, randomBytes, randomLength } from "./random-bytes.ts";

const LINE_BYTES = Buffer.from("\r\nRAW:1");

/** Lines that make the receiver change its mode, pause, close and feed itself; and plain ones. */
function script(random: SeededRandom): Buffer {
  const parts: Buffer[] = [];
  for (let count = random.integer(0, 8); count > 0; count--) {
    const bytes = randomBytes(random, randomLength(random, 300), LINE_BYTES);
    const raw = Buffer.concat([Buffer.from(`RAW:${bytes.length}\r\n`), bytes]);
    const line = Buffer.from(oneOf(random, ["a\r\n", "\r\n", "PAUSE\r\n", "CLOSE\r\n", "RAW\r\n"]));
    parts.push(oneOf(random, [raw, raw, line, bytes]));
  }
  return Buffer.concat(parts);
}

/** What a `LineReceiver` makes of chunks, resumed whenever it pauses. */
function play(chunks: readonly Buffer[]): string {
  const receiver = makeReceiver("lineReceiver", { maxLength: 200 });
  const transport = new MemoryTransport();
  receiver.makeConnection(transport);
  for (const chunk of chunks) {
    receiver.dataReceived(chunk);
    while (transport.producerState === "paused") receiver.resumeProducing();
  }
  const events = joinRaw(receiver.events).map(([name, argument]) => {
    return [name, typeof argument === "number" ? argument : argument.toString("latin1")];
  });
  return JSON.stringify([events, transport.disconnecting]);
}

/** Receivers, with what they do between frames. */
export const RECEIVER_TARGETS: readonly FuzzTarget[] = [
  {
    name: "line-receiver",
    run(random) {
      const input = script(random);
      for (const bytes of [input, damaged(random, input, LINE_BYTES)]) {
        const whole = play([Buffer.from(bytes)]);
        const chunks = cutRandomly(random, bytes);
        const cut = play(chunks);
        if (cut === whole) continue;
        const cuts = chunks.map(({ length }) => length).join(" ");
        throw new Error(`${bytes.toString("hex")} in chunks of ${cuts} gave ${cut}, not ${whole}`);
      }
    },
  },
];
