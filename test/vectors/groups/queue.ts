import { AsyncQueue } from "../../../src/task/async-queue.ts";
import { QueueScript } from "../../task/queue-script.ts";
import { settled } from "../../task/settled.ts";
import { unknownName } from "../notation/place.ts";
import { choice, either, nullable, number, text, wholeNumber } from "../notation/scalars.ts";
import { listOf, tuple, verbs } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

const THROWN = ["throws:QueueOverflow", "throws:QueueUnderflow"] as const;

/** A queue that is waited for: who gets what; `null` is no limit. */
export const QUEUE: VectorGroup = vectorGroup({
  name: "queue",
  input: {
    size: nullable(wholeNumber),
    backlog: nullable(wholeNumber),
    ops: listOf(verbs({ put: [number], get: [text], cancel: [text] })),
  },
  expect: listOf(tuple(text, either(number, choice(...THROWN, "CancelledError")))),
  async observe({ size, backlog, ops }) {
    const maxSize = size ?? Number.POSITIVE_INFINITY;
    const maxBacklog = backlog ?? Number.POSITIVE_INFINITY;
    const script = new QueueScript(new AsyncQueue({ maxSize, maxBacklog }));
    for (const op of ops) {
      if (op[0] === "cancel" && !script.names.includes(op[1])) {
        throw unknownName("getter", op[1], script.names);
      }
      script.perform(op);
      await settled();
    }
    return once(script.events);
  },
});
