/** Three protocols as they are often written, each with the fault that makes it fail at times. */
import type { Clock } from "../../src/reactor/clock.ts";
import { Protocol } from "../../src/reactor/protocol.ts";

/**
 * Answers in capitals, and keeps answers back while the peer reads slowly. The fault: when the peer
 * has finished sending, what is kept back is forgotten.
 */
export class ForgetfulCapitals extends Protocol {
  protected readonly kept: string[] = [];
  #paused = false;

  override dataReceived(data: Buffer): void {
    const answer = data.toString("latin1").toUpperCase();
    if (this.#paused) this.kept.push(answer);
    else this.transport.write(answer);
  }

  override pauseWriting(): void {
    this.#paused = true;
  }

  override resumeWriting(): void {
    this.#paused = false;
    while (!this.#paused && this.kept.length > 0) this.transport.write(this.kept.shift() ?? "");
  }

  override readConnectionLost(): void {
    this.transport.loseConnection();
  }
}

/** The same without the fault. */
export class CarefulCapitals extends ForgetfulCapitals {
  override readConnectionLost(): void {
    this.transport.writeSequence(this.kept.splice(0));
    this.transport.loseConnection();
  }
}

/**
 * Receives messages behind a length of two bytes. The fault: it takes for granted that the two come
 * together.
 */
export class HastyLengths extends Protocol {
  readonly messages: string[] = [];
  /** How much it must have before it looks at a length. */
  protected readonly headerBytes: number = 1;
  #rest = Buffer.alloc(0);

  override dataReceived(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= this.headerBytes) {
      const length = this.#rest.readUInt16BE();
      if (this.#rest.length < 2 + length) break;
      this.messages.push(this.#rest.toString("latin1", 2, 2 + length));
      this.#rest = this.#rest.subarray(2 + length);
    }
  }
}

/** The same without the fault. */
export class PatientLengths extends HastyLengths {
  protected override readonly headerBytes = 2;
}

/** How long an `Oracle` thinks. */
export const THINKING_MS = 5;

/**
 * Answers each line after some thought, and closes at "bye". The fault: it closes while it still
 * thinks, and what is written after that is dropped.
 */
export class HastyOracle extends Protocol {
  readonly #clock: Clock;
  #line = "";
  protected thoughts = 0;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override dataReceived(data: Buffer): void {
    const lines = `${this.#line}${data.toString("latin1")}`.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "bye") this.byeReceived();
      else this.#think(line);
    }
  }

  protected byeReceived(): void {
    this.transport.loseConnection();
  }

  protected thought(line: string): void {
    this.transport.write(`${line}? yes\n`);
  }

  #think(line: string): void {
    this.thoughts++;
    this.#clock.callLater(THINKING_MS, () => {
      this.thoughts--;
      this.thought(line);
    });
  }
}

/** The same without the fault. */
export class PoliteOracle extends HastyOracle {
  #isLeaving = false;

  protected override byeReceived(): void {
    this.#isLeaving = true;
    this.#leaveWhenDone();
  }

  protected override thought(line: string): void {
    super.thought(line);
    this.#leaveWhenDone();
  }

  #leaveWhenDone(): void {
    if (this.#isLeaving && this.thoughts === 0) this.transport.loseConnection();
  }
}
