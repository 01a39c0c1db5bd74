import { Semaphore } from "../../../src/task/semaphore.ts";
import { SemaphoreScript } from "../../task/semaphore-script.ts";
import { settled } from "../../task/settled.ts";
import { NotationError, unknownName } from "../notation/place.ts";
import { text, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, verbs } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** A semaphore: who is let in, and in which order. */
export const SEMAPHORE: VectorGroup = vectorGroup({
  name: "semaphore",
  input: {
    tokens: wholeNumber,
    ops: listOf(verbs({ acquire: [text], cancel: [text], release: [] })),
  },
  expect: fields({ granted: listOf(text), waiting: wholeNumber }),
  async observe({ tokens, ops }) {
    const semaphore = new Semaphore(tokens);
    const script = new SemaphoreScript(semaphore);
    for (const op of ops) {
      if (op[0] === "cancel" && !script.names.includes(op[1])) {
        throw unknownName("asker", op[1], script.names);
      }
      if (op[0] === "release" && script.held.length === 0) {
        throw new NotationError("releases what nobody holds");
      }
      script.perform(op);
      await settled();
    }
    return once({ granted: script.granted, waiting: semaphore.waiting });
  },
});
