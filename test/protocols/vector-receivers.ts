import { LineOnlyReceiver } from "../../src/protocols/line-only-receiver.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
} from "../../src/protocols/int-string-receiver.ts";
import { NetstringReceiver } from "../../src/protocols/netstring-receiver.ts";
import type { FrameReceiver } from "../../src/protocols/frame-receiver.ts";

/** What a receiver was told: the callback, and the bytes or the number that it got. */
export type ReceiverEvent = readonly [name: string, argument: Buffer | number];

/** How a vector wants its receiver; what is undefined is as the receiver has it by default. */
export interface ReceiverConfig {
  readonly maxLength?: number | undefined;
  readonly delimiter?: Buffer | undefined;
  /** Record what is too long instead of closing. */
  readonly recordExceeded?: boolean;
}

/** A receiver of the vectors: it records what it is told and does what the frames say. */
export interface VectorReceiver extends FrameReceiver {
  readonly events: ReceiverEvent[];
}

/** A receiver of strings, which can send them too. */
interface VectorStringReceiver extends VectorReceiver {
  sendString(string: Uint8Array): boolean;
  lose(): void;
}

/** The receivers of strings by the vectors' names for them. */
export const STRING_FIXTURES = ["netstring", "int8", "int16", "int32"] as const;

type StringFixture = (typeof STRING_FIXTURES)[number];

/** All receivers by the vectors' names for them. */
export type ReceiverFixture = "lineReceiver" | "lineOnlyReceiver" | StringFixture;

/** A receiver by its name. */
export function makeReceiver(fixture: ReceiverFixture, config: ReceiverConfig): VectorReceiver {
  if (fixture === "lineReceiver") return new RecordingLineReceiver(config);
  if (fixture === "lineOnlyReceiver") return new RecordingLineOnlyReceiver(config);
  return makeStringReceiver(fixture, config);
}

/** A receiver of strings by its name. */
export function makeStringReceiver(
  fixture: StringFixture,
  config: ReceiverConfig,
): VectorStringReceiver {
  switch (fixture) {
    case "netstring":
      return new RecordingNetstringReceiver(config);
    case "int8":
      return new RecordingInt8Receiver(config);
    case "int16":
      return new RecordingInt16Receiver(config);
    case "int32":
      return new RecordingInt32Receiver(config);
  }
}

/** The events with runs of raw bytes joined: how the network cut them is nobody's business. */
export function joinRaw(events: readonly ReceiverEvent[]): ReceiverEvent[] {
  const joined: [string, Buffer[] | number][] = [];
  for (const [name, argument] of events) {
    const last = joined.at(-1);
    if (typeof argument === "number") joined.push([name, argument]);
    else if (name === "raw" && last?.[0] === "raw") (last[1] as Buffer[]).push(argument);
    else joined.push([name, [argument]]);
  }
  return joined.map(([name, argument]) => {
    if (typeof argument === "number") return [name, argument];
    const [only] = argument;
    return [name, argument.length === 1 && only !== undefined ? only : Buffer.concat(argument)];
  });
}

class RecordingLineReceiver extends LineReceiver implements VectorReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;
  /** How much of a body is still to come; null when there is none, or it has no end. */
  #missing: number | null = null;
  #body: Buffer[] = [];

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
    if (config.delimiter !== undefined) this.delimiter = config.delimiter;
  }

  override lineReceived(line: Buffer): void {
    this.events.push(["line", line]);
    const [verb = "", rest = ""] =
      /^([A-Z]+)(?::(.*))?$/s.exec(line.toString("latin1"))?.slice(1) ?? [];
    const bytes = Buffer.from(rest, "latin1");
    switch (verb) {
      case "RAW":
        this.#missing = rest === "" ? null : Number(rest);
        this.setRawMode();
        break;
      case "PAUSE":
        this.pauseProducing();
        break;
      case "CLOSE":
        this.transport.loseConnection();
        break;
      case "STOP":
        this.stopProducing();
        break;
      case "CLEAR":
        this.events.push(["cleared", this.clearLineBuffer()]);
        break;
      case "FEED":
        this.dataReceived(Buffer.concat([bytes, this.#config.delimiter ?? Buffer.from("\r\n")]));
        break;
      case "SEND":
        this.sendLine(bytes);
        break;
    }
  }

  override rawDataReceived(data: Buffer): void {
    if (this.#missing === null) {
      this.events.push(["raw", data]);
      return;
    }
    this.#body.push(data.subarray(0, this.#missing));
    if (data.length < this.#missing) {
      this.#missing -= data.length;
      return;
    }
    this.events.push(["body", Buffer.concat(this.#body)]);
    this.#body = [];
    this.setLineMode(data.subarray(this.#missing));
  }

  override lineLengthExceeded(rest: Buffer): void {
    if (!this.#config.recordExceeded) return super.lineLengthExceeded(rest);
    this.events.push(["exceeded", rest]);
  }
}

class RecordingLineOnlyReceiver extends LineOnlyReceiver implements VectorReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
    if (config.delimiter !== undefined) this.delimiter = config.delimiter;
  }

  override lineReceived(line: Buffer): void {
    this.events.push(["line", line]);
    const text = line.toString("latin1");
    if (text === "CLOSE") this.transport.loseConnection();
    if (text.startsWith("SEND:")) this.sendLine(line.subarray("SEND:".length));
  }

  override lineLengthExceeded(rest: Buffer): void {
    if (!this.#config.recordExceeded) return super.lineLengthExceeded(rest);
    this.events.push(["exceeded", rest]);
  }
}

function actOn(receiver: VectorStringReceiver, string: Buffer): void {
  receiver.events.push(["string", string]);
  const text = string.toString("latin1");
  if (text === "PAUSE") receiver.pauseProducing();
  if (text === "CLOSE") receiver.lose();
  if (text.startsWith("SEND:")) receiver.sendString(string.subarray("SEND:".length));
}

class RecordingNetstringReceiver extends NetstringReceiver implements VectorStringReceiver {
  readonly events: ReceiverEvent[] = [];

  constructor(config: ReceiverConfig) {
    super();
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
  }

  override stringReceived(string: Buffer): void {
    actOn(this, string);
  }

  lose(): void {
    this.transport.loseConnection();
  }
}

class RecordingInt8Receiver extends Int8StringReceiver implements VectorStringReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
  }

  override stringReceived(string: Buffer): void {
    actOn(this, string);
  }

  override lengthLimitExceeded(length: number): void {
    if (!this.#config.recordExceeded) return super.lengthLimitExceeded(length);
    this.events.push(["lengthExceeded", length]);
  }

  lose(): void {
    this.transport.loseConnection();
  }
}

class RecordingInt16Receiver extends Int16StringReceiver implements VectorStringReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
  }

  override stringReceived(string: Buffer): void {
    actOn(this, string);
  }

  override lengthLimitExceeded(length: number): void {
    if (!this.#config.recordExceeded) return super.lengthLimitExceeded(length);
    this.events.push(["lengthExceeded", length]);
  }

  lose(): void {
    this.transport.loseConnection();
  }
}

class RecordingInt32Receiver extends Int32StringReceiver implements VectorStringReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
  }

  override stringReceived(string: Buffer): void {
    actOn(this, string);
  }

  override lengthLimitExceeded(length: number): void {
    if (!this.#config.recordExceeded) return super.lengthLimitExceeded(length);
    this.events.push(["lengthExceeded", length]);
  }

  lose(): void {
    this.transport.loseConnection();
  }
}
