import { SystemEvents } from "../../../src/reactor/system-events.ts";
import { sleep } from "../../../src/task/sleep.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../../src/testing/memory-logger.ts";
import { settled } from "../../task/settled.ts";
import { onMicrosecondGrid, seconds, text } from "../notation/scalars.ts";
import {
  fields,
  listOf,
  named,
  tuple,
  unsaid,
  verbs,
  type VerbsOf,
  withDefault,
} from "../notation/shapes.ts";
import { UNSAID } from "../strict-comparison.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** What a trigger does besides being called. */
const ACTIONS = {
  throw: [],
  /** Returns a promise that is settled so much later. */
  wait: [seconds],
  reject: [withDefault(seconds, 0)],
} as const;

const trigger = [text, withDefault(named("action", verbs(ACTIONS)), undefined)] as const;

type Action = VerbsOf<typeof ACTIONS> | undefined;

/** The triggers of a shutdown: when each is called. */
export const SYSTEM_EVENT: VectorGroup = vectorGroup({
  name: "systemEvent",
  input: { triggers: listOf(verbs({ before: trigger, during: trigger, after: trigger })) },
  expect: fields({
    order: listOf(tuple(text, seconds)),
    /** Whose errors are logged; those of all that fail, where a vector does not say it. */
    reported: unsaid(listOf(text)),
  }),
  expected({ order, reported }, { triggers }) {
    return { order, reported: (reported === UNSAID ? failing(triggers) : reported).toSorted() };
  },
  async observe({ triggers }) {
    const clock = new ManualClock();
    const logger = new MemoryLogger();
    const events = new SystemEvents(logger, clock);
    const order: [string, number][] = [];
    for (const [phase, name, action] of triggers) {
      events.add(phase, () => {
        order.push([name, onMicrosecondGrid(clock.now())]);
        return act(clock, name, action);
      });
    }
    let isOver = false;
    const fired = events.fire(closeNothing).then(() => (isOver = true));
    // What is returned by triggers that nobody waits for may be settled after all is over.
    do await settled();
    while (clock.advanceToNext());
    if (!isOver) throw new Error("The shutdown waits for something that never comes");
    await fired;
    const reported = logger.errors.map((error) => (error as Error).message).sort();
    return once({ order, reported });
  },
});

function act(clock: ManualClock, name: string, action: Action): Promise<void> | undefined {
  switch (action?.[0]) {
    case undefined:
      return undefined;
    case "throw":
      throw new Error(name);
    case "wait":
      return sleep(clock, action[1]);
    case "reject":
      return sleep(clock, action[1]).then(() => {
        throw new Error(name);
      });
  }
}

function failing(triggers: readonly (readonly [string, string, Action])[]): string[] {
  const isFailing = (action: Action) => action !== undefined && action[0] !== "wait";
  return triggers.filter(([, , action]) => isFailing(action)).map(([, name]) => name);
}

async function closeNothing(): Promise<void> {}
