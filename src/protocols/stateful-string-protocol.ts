import { classNameOf } from "../reactor/class-name.ts";
import { type Logger, STDERR_LOGGER } from "../reactor/logger.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { NetstringReceiver } from "./netstring-receiver.ts";

/** For each state, what takes the string that comes in it and returns the next state. */
export type StringStates<State extends string> = Readonly<
  Record<State | "init", (string: Buffer) => State | "init" | "done">
>;

/**
 * A protocol of strings where each is understood by what came before: the string goes to the
 * function of the current state, which returns the next one. It begins in `"init"`; `"done"` closes
 * the connection. The strings are netstrings, unless `makeCodec` is overridden.
 *
 * ```ts
 * class Login extends StatefulStringProtocol<"password"> {
 *   override readonly states: StringStates<"password"> = {
 *     init: (name) => (this.#names.has(name.toString()) ? "password" : "done"),
 *     password: (password) => this.#check(password),
 *   };
 * }
 * ```
 *
 * @typeParam State the names of the states besides `"init"` and `"done"`
 */
export abstract class StatefulStringProtocol<
  State extends string = never,
  T extends StreamTransport = StreamTransport,
> extends NetstringReceiver<T> {
  /** The state that the next string comes in. */
  state: State | "init" | "done" = "init";
  /** What is told of a string in a state that has no function. */
  logger: Logger = STDERR_LOGGER;

  /** The functions of the states. */
  abstract readonly states: StringStates<State>;

  /** Hands the string to the function of the current state; one without a function ignores it. */
  override stringReceived(string: Buffer): void {
    const { state } = this;
    const states: Readonly<Partial<Record<string, StringStates<State>["init"]>>> = this.states;
    const received = Object.hasOwn(states, state) ? states[state] : undefined;
    if (received === undefined) {
      this.logger.warn(`${classNameOf(this)} ignores a string: state ${state} has no function`);
      return;
    }
    const next = received.call(this.states, string);
    this.refusePromise(next);
    this.state = next;
    if (this.state === "done") this.transport.loseConnection();
  }
}
