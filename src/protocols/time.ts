/**
 * The Time Protocol (RFC 868): the seconds since 1900 in UTC as 4 bytes, big-endian. The count
 * wraps for the first time on 7 February 2036; the reader has to know in which era he lives.
 */
import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { Protocol } from "../reactor/protocol.ts";
import { type AnswerRule, isClient } from "./echo-loops.ts";

/** From 1 January 1900 to 1 January 1970. */
const SECONDS_FROM_1900_TO_1970 = 2_208_988_800;

/** After so many seconds the 4 bytes begin again at 0. */
const ERA_SECONDS = 2 ** 32;

/** Time over TCP: sends the 4 bytes, closes, and ignores what the peer sends. */
export class Time extends Protocol {
  readonly #wallClock: () => number;

  /** @param wallClock the time to tell, in milliseconds since 1970 */
  constructor(wallClock: () => number = Date.now) {
    super();
    this.#wallClock = wallClock;
  }

  override connectionMade(): void {
    this.transport.write(encodeTime(this.#wallClock()));
    this.transport.loseConnection();
  }
}

/** Time over UDP: answers each datagram, usually an empty one, with the 4 bytes. */
export class TimeDatagrams extends DatagramProtocol {
  readonly #wallClock: () => number;
  readonly #mayAnswer: AnswerRule;

  /**
   * @param wallClock the time to tell, in milliseconds since 1970
   * @param mayAnswer whom to answer
   */
  constructor(wallClock: () => number = Date.now, mayAnswer: AnswerRule = isClient) {
    super();
    this.#wallClock = wallClock;
    this.#mayAnswer = mayAnswer;
  }

  override datagramReceived(_data: Buffer, address: InternetAddress): void {
    if (this.#mayAnswer(address)) this.transport.write(encodeTime(this.#wallClock()), address);
  }
}

/**
 * The 4 bytes for a time: whole seconds, never rounded up, of the era that the time is in.
 *
 * @param unixMs milliseconds since 1970
 */
function encodeTime(unixMs: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((Math.floor(unixMs / 1000) + SECONDS_FROM_1900_TO_1970) >>> 0);
  return bytes;
}

/**
 * The time, in milliseconds since 1970, that the 4 bytes stand for. Of all eras it is the one in
 * which the time comes nearest to `nearUnixMs`.
 *
 * @throws {RangeError} unless there are exactly 4 bytes
 */
export function decodeTime(bytes: Buffer, nearUnixMs: number): number {
  if (bytes.length !== 4) {
    throw new RangeError(`Cannot read a time of ${bytes.length} bytes: it has 4`);
  }
  const seconds = bytes.readUInt32BE() - SECONDS_FROM_1900_TO_1970;
  const era = Math.round((nearUnixMs / 1000 - seconds) / ERA_SECONDS);
  return (seconds + era * ERA_SECONDS) * 1000;
}
