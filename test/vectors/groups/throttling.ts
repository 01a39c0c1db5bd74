import { withShaping } from "../../../src/policies/with-shaping.ts";
import { Factory } from "../../../src/reactor/factory.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import { RecordingProtocol } from "../../transport/recording-protocol.ts";
import { onMicrosecondGrid, seconds, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, verbs, type VerbsOf } from "../notation/shapes.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** A rate of the vectors is looked at once a second. */
const CHECK_EVERY_MS = 1_000;

const OPERATIONS = { read: [wholeNumber], advance: [seconds] } as const;

/** A rate of reading for all connections together, on both kinds of clock. */
export const THROTTLING: VectorGroup = vectorGroup({
  name: "throttling",
  input: { config: fields({ readLimit: wholeNumber }), ops: listOf(verbs(OPERATIONS)) },
  expect: fields({ events: listOf(verbs({ pauseReads: [seconds], resumeReads: [seconds] })) }),
  *observe({ config, ops }): Generator<Observation> {
    for (const move of ["advance", "jump"] as const) {
      const outcome = { events: eventsOf(config.readLimit, ops, move) };
      yield { how: `on a clock that moves by ${move}`, outcome };
    }
  },
});

type PauseEvent = readonly ["pauseReads" | "resumeReads", number];

/** Notes when reading is paused and resumed. */
class PausingTransport extends MemoryTransport {
  readonly events: PauseEvent[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
  }

  override pauseProducing(): void {
    this.events.push(["pauseReads", onMicrosecondGrid(this.#clock.now())]);
  }

  override resumeProducing(): void {
    this.events.push(["resumeReads", onMicrosecondGrid(this.#clock.now())]);
  }
}

function eventsOf(
  readLimit: number,
  ops: readonly VerbsOf<typeof OPERATIONS>[],
  move: "advance" | "jump",
): readonly PauseEvent[] {
  const clock = new ManualClock();
  const totalRead = { bytesPerSecond: readLimit, burstBytes: 1 };
  const policy = { clock, totalRead, checkEveryMs: CHECK_EVERY_MS };
  const factory = withShaping(new Factory(() => new RecordingProtocol()), policy);
  const transport = new PausingTransport(clock);
  const stack = factory.buildStack(transport.getPeer());
  if (stack === null) throw new Error("The policy refused the connection");
  stack.outermost.makeConnection(transport);
  for (const op of ops) {
    switch (op[0]) {
      case "read":
        stack.outermost.dataReceived(Buffer.alloc(op[1]));
        break;
      case "advance":
        clock[move](op[1]);
        break;
    }
  }
  return transport.events;
}
