import type { AsyncQueue } from "../../src/task/async-queue.ts";

/** Puts an item, or has somebody get one, by name; or takes that back. */
export type QueueOp =
  readonly ["put", number] | readonly ["get", string] | readonly ["cancel", string];

/** Performs operations on a queue and records who got what. */
export class QueueScript {
  readonly events: (readonly [string, unknown])[] = [];
  readonly #queue: AsyncQueue<number>;
  readonly #getters = new Map<string, AbortController>();

  constructor(queue: AsyncQueue<number>) {
    this.#queue = queue;
  }

  /** Who asked, whether they got something or not. */
  get names(): readonly string[] {
    return [...this.#getters.keys()];
  }

  perform(op: QueueOp): void {
    switch (op[0]) {
      case "put":
        try {
          this.#queue.put(op[1]);
        } catch (error) {
          this.#threw("put", error);
        }
        break;
      case "get":
        this.#get(op[1]);
        break;
      case "cancel":
        this.#getters.get(op[1])?.abort("cancelled");
        break;
    }
  }

  #get(name: string): void {
    const controller = new AbortController();
    this.#getters.set(name, controller);
    this.#queue.get(controller).then(
      (item) => this.events.push([name, item]),
      (error) => {
        if (error === "cancelled") this.events.push([name, "CancelledError"]);
        else this.#threw("get", error);
      },
    );
  }

  #threw(verb: string, error: unknown): void {
    this.events.push([verb, `throws:${error instanceof Error ? error.name : error}`]);
  }
}
