import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import { Protocol } from "../reactor/protocol.ts";
import { CommandFailure } from "./command-failure.ts";
import type { InputListener, StandardInput } from "./standard-input.ts";
import type { OutputListener, StandardOutput } from "./standard-output.ts";

/**
 * How long a peer that has finished is still sent input that does not come, in milliseconds. Long
 * enough for a program that makes the input to make some more, short enough for a person who waits
 * for the end of the command.
 */
const IDLE_INPUT_MS = 500;

/**
 * Standard input to the peer and the peer to standard output, each no faster than the other side
 * takes it. The end of the input ends our side alone; the end of the peer's ends the pipe, once no
 * more input comes.
 */
export class StreamPipe extends Protocol implements InputListener, OutputListener {
  readonly #input: StandardInput;
  readonly #output: StandardOutput;
  readonly #clock: Clock;
  readonly #finished = Promise.withResolvers<void>();
  #inputState: "open" | "ended" = "open";
  #failure: Error | null = null;
  #idle: DelayedCall | null = null;

  constructor(input: StandardInput, output: StandardOutput, clock: Clock) {
    super();
    this.#input = input;
    this.#output = output;
    this.#clock = clock;
  }

  /** Resolves when the connection has ended in order. @throws {CommandFailure} when it broke */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  override connectionMade(): void {
    this.#output.listen(this);
    this.#input.start(this);
  }

  override dataReceived(data: Buffer): void {
    if (!this.#output.write(data)) this.transport.pauseProducing();
  }

  outputDrained(): void {
    this.transport.resumeProducing();
  }

  inputReceived(chunk: Uint8Array): void {
    this.transport.write(chunk);
    this.#idle?.reset(IDLE_INPUT_MS);
  }

  inputEnded(): void {
    this.#inputState = "ended";
    this.transport.loseWriteConnection();
  }

  inputFailed(error: Error): void {
    this.#failure = new CommandFailure(`Cannot read standard input: ${error.message}`);
    this.transport.abortConnection();
  }

  override pauseWriting(): void {
    this.#input.pause();
  }

  override resumeWriting(): void {
    this.#input.resume();
    this.#idle?.reset(IDLE_INPUT_MS);
  }

  override readConnectionLost(): void {
    if (this.#inputState === "open") this.#awaitIdleInput();
  }

  override connectionLost(reason: CloseReason): void {
    this.#input.stop();
    this.#idle?.[Symbol.dispose]();
    const peer = this.transport.getPeer();
    if (this.#failure !== null) {
      this.#finished.reject(this.#failure);
    } else if (reason.kind === "lost") {
      const { cause } = reason;
      const message = `Lost the connection to ${peer}: ${cause.message}`;
      this.#finished.reject(new CommandFailure(message, { cause }));
    } else {
      this.#finished.resolve();
    }
  }

  #awaitIdleInput(): void {
    this.#idle = this.#clock.callLater(IDLE_INPUT_MS, () => {
      this.#idle = null;
      // A peer that has not taken all yet is not idle, it is slow.
      if (this.transport.bufferedAmount > 0) this.#awaitIdleInput();
      else this.transport.loseConnection();
    });
  }
}
