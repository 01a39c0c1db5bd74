/**
 * The Character Generator Protocol (RFC 864): lines of 72 characters out of a ring of the 95
 * printable ones, each line one character further on than the line before. Starts at the space.
 */
import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { PullProducer } from "../reactor/producer.ts";
import { Protocol } from "../reactor/protocol.ts";
import { type AnswerRule, isClient } from "./echo-loops.ts";

const FIRST_CHARACTER = 0x20;
const CHARACTERS = 95;
const LINE_CHARACTERS = 72;

/** The most characters that RFC 864 allows in one datagram. */
const MAX_DATAGRAM_CHARACTERS = 512;

/** The whole pattern, 95 lines; then it begins again. Every connection sends this same buffer. */
const PATTERN = Buffer.from(Array.from({ length: CHARACTERS }, (_, line) => lineOf(line)).join(""));

/**
 * Chargen over TCP: sends for as long as the peer takes it, and reads what the peer sends to no
 * purpose. It has no end of its own, so it usually ends with a reset by a peer that has enough. A
 * peer that has finished sending is still served.
 */
export class Chargen extends Protocol implements PullProducer {
  override connectionMade(): void {
    this.transport.registerProducer(this, false);
  }

  /** Having this method keeps the connection open when the peer has finished sending. */
  override readConnectionLost(): void {}

  override draining(): void {
    this.transport.unregisterProducer();
    this.transport.loseConnection();
  }

  /** Called by the transport each time all before has left. */
  resumeProducing(): void {
    this.transport.write(PATTERN);
  }

  /** Called by the transport at the end; there is nothing to give back. */
  stopProducing(): void {}
}

/**
 * Chargen over UDP: answers each datagram with the beginning of the pattern, as long as the
 * datagram and at most 512 characters. RFC 864 wants a random length within that limit; an answer
 * longer than its question would serve those who flood others in their name.
 */
export class ChargenDatagrams extends DatagramProtocol {
  readonly #mayAnswer: AnswerRule;

  /** @param mayAnswer whom to answer */
  constructor(mayAnswer: AnswerRule = isClient) {
    super();
    this.#mayAnswer = mayAnswer;
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    if (!this.#mayAnswer(address)) return;
    const length = Math.min(data.length, MAX_DATAGRAM_CHARACTERS);
    this.transport.write(PATTERN.subarray(0, length), address);
  }
}

function lineOf(line: number): string {
  const characters = Array.from({ length: LINE_CHARACTERS }, (_, column) =>
    String.fromCharCode(FIRST_CHARACTER + ((line + column) % CHARACTERS)),
  );
  return `${characters.join("")}\r\n`;
}
