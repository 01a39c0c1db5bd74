/** Our receivers, each with the same two things: to send a message, and to hand one on. */
import { LineCodec } from "../../src/framing/line-codec.ts";
import { FramedProtocol } from "../../src/protocols/framed-protocol.ts";
import {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
} from "../../src/protocols/int-string-receiver.ts";
import { LineOnlyReceiver } from "../../src/protocols/line-only-receiver.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { NetstringReceiver } from "../../src/protocols/netstring-receiver.ts";
import { type SizedState, StatefulProtocol } from "../../src/protocols/stateful-protocol.ts";
import { StatefulStringProtocol } from "../../src/protocols/stateful-string-protocol.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";

/** A receiver as its owner sees it. */
export interface MessagePeer {
  readonly connection: StreamTransport;
  /** Sends up to 255 characters, none of them a line break. */
  sendMessage(message: string): void;
  pauseProducing(): void;
  resumeProducing(): void;
}

/** Called with each message that a peer receives. */
export type HandOn = (message: string) => void;

/** Makes a receiver. */
export type MakePeer = (handOn: HandOn) => Protocol & MessagePeer;

/** The receivers, by name. */
export const MESSAGE_PEERS: ReadonlyMap<string, MakePeer> = new Map<string, MakePeer>([
  ["line-receiver", (handOn) => new LinesAndRaw(handOn)],
  ["line-only-receiver", (handOn) => new LinesOnly(handOn)],
  ["netstring-receiver", (handOn) => new Netstrings(handOn)],
  ["int8-string-receiver", (handOn) => new Int8Strings(handOn)],
  ["int16-string-receiver", (handOn) => new Int16Strings(handOn)],
  ["int32-string-receiver", (handOn) => new Int32Strings(handOn)],
  ["stateful-string-protocol", (handOn) => new AlternatingStrings(handOn)],
  ["framed-protocol", (handOn) => new FramedLines(handOn)],
  ["stateful-protocol", (handOn) => new SizedParts(handOn)],
]);

/** Every other message goes as raw bytes behind a line that says how many they are. */
class LinesAndRaw extends LineReceiver implements MessagePeer {
  readonly #handOn: HandOn;
  #sent = 0;
  #missing = 0;
  #raw = "";

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    if (this.#sent++ % 2 === 0) {
      this.sendLine(message);
    } else {
      this.sendLine(`raw ${message.length}`);
      this.transport.write(message);
    }
  }

  override lineReceived(line: Buffer): void {
    const [, length] = /^raw (\d+)$/.exec(line.toString()) ?? [];
    if (length === undefined) return this.#handOn(line.toString());
    this.#missing = Number(length);
    this.#raw = "";
    if (this.#missing === 0) this.#handOn("");
    else this.setRawMode();
  }

  override rawDataReceived(data: Buffer): void {
    const body = data.subarray(0, this.#missing);
    this.#missing -= body.length;
    this.#raw += body.toString();
    if (this.#missing > 0) return;
    this.#handOn(this.#raw);
    this.setLineMode(data.subarray(body.length));
  }
}

class LinesOnly extends LineOnlyReceiver implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendLine(message);
  }

  override lineReceived(line: Buffer): void {
    this.#handOn(line.toString());
  }
}

class Netstrings extends NetstringReceiver implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendString(message);
  }

  override stringReceived(string: Buffer): void {
    this.#handOn(string.toString());
  }
}

class Int8Strings extends Int8StringReceiver implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendString(message);
  }

  override stringReceived(string: Buffer): void {
    this.#handOn(string.toString());
  }
}

class Int16Strings extends Int16StringReceiver implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendString(message);
  }

  override stringReceived(string: Buffer): void {
    this.#handOn(string.toString());
  }
}

class Int32Strings extends Int32StringReceiver implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendString(message);
  }

  override stringReceived(string: Buffer): void {
    this.#handOn(string.toString());
  }
}

/** Its strings come in two states in turn. */
class AlternatingStrings extends StatefulStringProtocol<"second"> implements MessagePeer {
  readonly #handOn: HandOn;
  override readonly states = {
    init: (string: Buffer) => this.#received(string, "second"),
    second: (string: Buffer) => this.#received(string, "init"),
  } as const;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.sendString(message);
  }

  #received<S extends string>(string: Buffer, next: S): S {
    this.#handOn(string.toString());
    return next;
  }
}

class FramedLines extends FramedProtocol<Buffer, Uint8Array | string> implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super(new LineCodec({ delimiter: "\0" }));
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.send(message);
  }

  override messageReceived(line: Buffer): void {
    this.#handOn(line.toString());
  }
}

/** A length of one byte, and so many bytes. */
class SizedParts extends StatefulProtocol implements MessagePeer {
  readonly #handOn: HandOn;

  constructor(handOn: HandOn) {
    super();
    this.#handOn = handOn;
  }

  get connection(): StreamTransport {
    return this.transport;
  }

  sendMessage(message: string): void {
    this.transport.writeSequence([Buffer.from([message.length]), message]);
  }

  override getInitialState(): SizedState {
    return [this.#lengthReceived, 1];
  }

  #lengthReceived(length: Buffer): SizedState {
    return [this.#bodyReceived, length.readUInt8()];
  }

  #bodyReceived(body: Buffer): SizedState {
    this.#handOn(body.toString());
    return [this.#lengthReceived, 1];
  }
}
