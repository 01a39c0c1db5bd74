import {
  StatefulStringProtocol,
  type StringStates,
} from "../../src/protocols/stateful-string-protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";

/** The protocol of the vectors: `quit` ends it, `lost` leads into a state that does not exist. */
export class VectorSession extends StatefulStringProtocol<"user"> {
  readonly events: ["init" | "user", Buffer][] = [];
  override logger = new MemoryLogger();
  override readonly states: StringStates<"user"> = {
    init: (string) => {
      this.events.push(["init", string]);
      return "user";
    },
    user: (string) => {
      this.events.push(["user", string]);
      if (string.toString() === "lost") return "nosuch" as "user";
      return string.toString() === "quit" ? "done" : "user";
    },
  };
}
