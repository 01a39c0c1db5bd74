/** The Daytime Protocol (RFC 867): the date and time as one line that people read. */
import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { Protocol } from "../reactor/protocol.ts";
import { type AnswerRule, isClient } from "./echo-loops.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Daytime over TCP: sends the line, closes, and ignores what the peer sends. */
export class Daytime extends Protocol {
  readonly #wallClock: () => number;

  /** @param wallClock the time to tell, in milliseconds since 1970 */
  constructor(wallClock: () => number = Date.now) {
    super();
    this.#wallClock = wallClock;
  }

  override connectionMade(): void {
    this.transport.write(daytimeLine(this.#wallClock()));
    this.transport.loseConnection();
  }
}

/** Daytime over UDP: answers each datagram, usually an empty one, with the line. */
export class DaytimeDatagrams extends DatagramProtocol {
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
    if (!this.#mayAnswer(address)) return;
    this.transport.write(daytimeLine(this.#wallClock()), address);
  }
}

/**
 * The line for a time: that of C's `ctime`, in UTC, with CR LF. RFC 867 leaves the form free; this
 * one is the most common.
 *
 * @param unixMs milliseconds since 1970
 */
function daytimeLine(unixMs: number): string {
  const date = new Date(unixMs);
  const day = String(date.getUTCDate()).padStart(2);
  const time = date.toISOString().slice(-13, -5);
  const words = [DAYS[date.getUTCDay()], MONTHS[date.getUTCMonth()], day, time];
  return `${words.join(" ")} ${date.getUTCFullYear()}\r\n`;
}
