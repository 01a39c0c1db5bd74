import { LineOnlyReceiver } from "../../src/protocols/line-only-receiver.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
} from "../../src/protocols/int-string-receiver.ts";
import { NetstringReceiver } from "../../src/protocols/netstring-receiver.ts";
import type { FrameReceiver } from "../../src/protocols/frame-receiver.ts";

/** What a receiver was told: the callback, and the bytes as latin-1 or the number it got. */
export type ReceiverEvent = readonly [name: string, argument: string | number];

/** How a vector wants its receiver. */
export interface ReceiverConfig {
  readonly maxLength?: number;
  readonly delimiter?: string;
  /** Record what is too long instead of closing. */
  readonly recordExceeded?: boolean;
}

/** A receiver of the vectors: it records what it is told and does what the frames say. */
export interface VectorReceiver extends FrameReceiver {
  readonly events: ReceiverEvent[];
}

/** The receivers by the vectors' names for them. */
export function makeReceiver(fixture: string, config: ReceiverConfig): VectorReceiver {
  switch (fixture) {
    case "lineReceiver":
      return new RecordingLineReceiver(config);
    case "lineOnlyReceiver":
      return new RecordingLineOnlyReceiver(config);
    case "netstring":
      return new RecordingNetstringReceiver(config);
    case "int8":
      return new RecordingInt8Receiver(config);
    case "int16":
      return new RecordingInt16Receiver(config);
    case "int32":
      return new RecordingInt32Receiver(config);
    default:
      throw new Error(`There is no receiver called ${fixture}`);
  }
}

/** The events with runs of raw bytes joined: how the network cut them is nobody's business. */
export function joinRaw(events: readonly ReceiverEvent[]): ReceiverEvent[] {
  const joined: [string, string | number][] = [];
  for (const [name, argument] of events) {
    const last = joined.at(-1);
    if (name === "raw" && last?.[0] === "raw") last[1] = `${last[1]}${argument}`;
    else joined.push([name, argument]);
  }
  return joined;
}

class RecordingLineReceiver extends LineReceiver implements VectorReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;
  #missing: number | null = null;
  #body = "";

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
    if (config.delimiter !== undefined) this.delimiter = config.delimiter;
  }

  override lineReceived(line: Buffer): void {
    const text = line.toString("latin1");
    this.events.push(["line", text]);
    const [verb = "", rest = ""] = /^([A-Z]+)(?::(.*))?$/s.exec(text)?.slice(1) ?? [];
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
        this.events.push(["cleared", this.clearLineBuffer().toString("latin1")]);
        break;
      case "FEED":
        this.dataReceived(Buffer.from(rest + this.delimiter.toString(), "latin1"));
        break;
      case "SEND":
        this.sendLine(Buffer.from(rest, "latin1"));
        break;
    }
  }

  override rawDataReceived(data: Buffer): void {
    const text = data.toString("latin1");
    if (this.#missing === null) {
      this.events.push(["raw", text]);
      return;
    }
    this.#body += text.slice(0, this.#missing);
    if (data.length < this.#missing) {
      this.#missing -= data.length;
      return;
    }
    this.events.push(["body", this.#body]);
    this.#body = "";
    this.setLineMode(data.subarray(this.#missing));
  }

  override lineLengthExceeded(rest: Buffer): void {
    if (!this.#config.recordExceeded) return super.lineLengthExceeded(rest);
    this.events.push(["exceeded", rest.toString("latin1")]);
  }
}

class RecordingLineOnlyReceiver extends LineOnlyReceiver implements VectorReceiver {
  readonly events: ReceiverEvent[] = [];
  readonly #config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    super();
    this.#config = config;
    if (config.maxLength !== undefined) this.maxLength = config.maxLength;
  }

  override lineReceived(line: Buffer): void {
    const text = line.toString("latin1");
    this.events.push(["line", text]);
    if (text === "CLOSE") this.transport.loseConnection();
    if (text.startsWith("SEND:")) this.sendLine(line.subarray("SEND:".length));
  }

  override lineLengthExceeded(rest: Buffer): void {
    if (!this.#config.recordExceeded) return super.lineLengthExceeded(rest);
    this.events.push(["exceeded", rest.toString("latin1")]);
  }
}

/** What all string receivers of the vectors do with a string. */
interface StringActor extends VectorReceiver {
  sendString(string: Uint8Array): boolean;
  lose(): void;
}

function actOn(receiver: StringActor, string: Buffer): void {
  const text = string.toString("latin1");
  receiver.events.push(["string", text]);
  if (text === "PAUSE") receiver.pauseProducing();
  if (text === "CLOSE") receiver.lose();
  if (text.startsWith("SEND:")) receiver.sendString(string.subarray("SEND:".length));
}

class RecordingNetstringReceiver extends NetstringReceiver implements StringActor {
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

class RecordingInt8Receiver extends Int8StringReceiver implements StringActor {
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

class RecordingInt16Receiver extends Int16StringReceiver implements StringActor {
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

class RecordingInt32Receiver extends Int32StringReceiver implements StringActor {
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
