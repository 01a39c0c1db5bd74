import { IdleTimeout } from "../../../src/task/idle-timeout.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import { flag, nullable, onMicrosecondGrid, seconds, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, verbs, type VerbsOf } from "../notation/shapes.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** What the vectors call `IdleTimeout.set`. */
const SET = "setTimeout";

const OPERATIONS = {
  [SET]: [nullable(seconds)],
  resetTimeout: [],
  advance: [seconds],
} as const;

/** The timeout of a connection on which nothing happens, on both kinds of clock. */
export const TIMEOUT_MIXIN: VectorGroup = vectorGroup({
  name: "timeoutMixin",
  input: { ops: listOf(verbs(OPERATIONS)) },
  expect: fields({
    timedOutAt: listOf(seconds),
    setTimeoutReturned: listOf(nullable(seconds)),
    disconnecting: flag,
    pendingTimers: wholeNumber,
  }),
  *observe({ ops }): Generator<Observation> {
    for (const move of ["advance", "jump"] as const) {
      yield { how: `on a clock that moves by ${move}`, outcome: outcomeOf(ops, move) };
    }
  },
});

/** What the operations lead to when a timeout closes the connection. */
function outcomeOf(ops: readonly VerbsOf<typeof OPERATIONS>[], move: "advance" | "jump"): object {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  const timedOutAt: number[] = [];
  const setTimeoutReturned: (number | null)[] = [];
  const idle = new IdleTimeout(clock, () => {
    timedOutAt.push(onMicrosecondGrid(clock.now()));
    transport.loseConnection();
  });
  for (const op of ops) {
    switch (op[0]) {
      case SET:
        setTimeoutReturned.push(idle.set(op[1]));
        break;
      case "resetTimeout":
        idle.reset();
        break;
      case "advance":
        clock[move](op[1]);
        break;
    }
  }
  const { disconnecting } = transport;
  return { timedOutAt, setTimeoutReturned, disconnecting, pendingTimers: clock.pending };
}
