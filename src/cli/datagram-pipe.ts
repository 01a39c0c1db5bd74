import type { InternetAddress } from "../reactor/address.ts";
import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { CommandFailure } from "./command-failure.ts";
import type { InputListener, StandardInput } from "./standard-input.ts";
import type { StandardOutput } from "./standard-output.ts";

/** The most that one datagram holds; a longer line becomes several. */
const MAX_DATAGRAM_BYTES = 65_507;

/** Answers are dropped, as the network would, while more than this waits for a slow output. */
const MAX_WAITING_OUTPUT_BYTES = 4_194_304;

const LINE_FEED = 0x0a;

/**
 * Each line of standard input, with its line end, to the peer as one datagram, and what the peer
 * sends to standard output, until some time after the end of the input.
 */
export class DatagramPipe extends DatagramProtocol implements InputListener {
  readonly #peer: InternetAddress;
  readonly #input: StandardInput;
  readonly #output: StandardOutput;
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #finished = Promise.withResolvers<void>();
  /** Input that has not been sent: whole lines while the kernel is full, the beginning of one. */
  #unsent = Buffer.alloc(0);
  #inputState: "open" | "ended" = "open";
  #wait: DelayedCall | null = null;

  /** @param waitMs how long answers are waited for after the last datagram, in milliseconds */
  constructor(
    peer: InternetAddress,
    input: StandardInput,
    output: StandardOutput,
    clock: Clock,
    waitMs: number,
  ) {
    super();
    this.#peer = peer;
    this.#input = input;
    this.#output = output;
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /**
   * Connects to the peer, sends the input and waits for answers.
   *
   * @throws {CommandFailure} when nothing listens there, or the input cannot be read
   */
  run(): Promise<void> {
    this.transport.connect(this.#peer);
    this.#input.start(this);
    return this.#finished.promise;
  }

  inputReceived(chunk: Uint8Array): void {
    this.#unsent = Buffer.concat([this.#unsent, chunk]);
    this.#sendLines();
  }

  inputEnded(): void {
    this.#inputState = "ended";
    this.#sendLines();
  }

  inputFailed(error: Error): void {
    this.#fail(`Cannot read standard input: ${error.message}`);
  }

  override datagramReceived(data: Buffer): void {
    if (this.#output.waitingBytes <= MAX_WAITING_OUTPUT_BYTES) this.#output.write(data);
  }

  override connectionRefused(): void {
    this.#fail(`${this.#peer} refused the datagram: nothing listens there`);
  }

  override errorReceived(error: Error): void {
    this.#fail(`Cannot send to ${this.#peer}: ${error.message}`);
  }

  override resumeWriting(): void {
    this.#input.resume();
    this.#sendLines();
  }

  override stopProtocol(): void {
    this.#input.stop();
    this.#wait?.[Symbol.dispose]();
  }

  /** Sends what is there, as far as the kernel takes it. */
  #sendLines(): void {
    let start = 0;
    let writable = true;
    while (writable) {
      const end = this.#datagramEnd(start);
      if (end === start) break;
      writable = this.transport.write(this.#unsent.subarray(start, end));
      start = end;
    }
    this.#unsent = Buffer.from(this.#unsent.subarray(start));
    if (!writable) this.#input.pause();
    else if (this.#inputState === "ended") this.#awaitAnswers();
  }

  /** Where the datagram ends that begins at `start`; `start` itself when it is not complete. */
  #datagramEnd(start: number): number {
    const longest = start + MAX_DATAGRAM_BYTES;
    const lineFeed = this.#unsent.indexOf(LINE_FEED, start);
    if (lineFeed !== -1) return Math.min(lineFeed + 1, longest);
    const { length } = this.#unsent;
    return this.#inputState === "ended" || length >= longest ? Math.min(length, longest) : start;
  }

  #awaitAnswers(): void {
    this.#wait?.[Symbol.dispose]();
    this.#wait = this.#clock.callLater(this.#waitMs, () => this.#finished.resolve());
  }

  #fail(message: string): void {
    this.#input.stop();
    this.#finished.reject(new CommandFailure(message));
  }
}
