/** The Echo Protocol (RFC 862): what comes in goes back. */
import type { InternetAddress } from "../reactor/address.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { Protocol } from "../reactor/protocol.ts";
import { type AnswerRule, isClient } from "./echo-loops.ts";

/** The most that a transport sends as one datagram; IPv6 may bring up to 20 bytes more. */
const MAX_ANSWER_BYTES = 65_507;

/**
 * Echo over TCP: sends back every byte, in order, until the peer ends its side. A peer that does
 * not read its answers is not read from either, so that neither memory nor bytes are lost.
 */
export class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }

  override draining(): void {
    this.transport.loseConnection();
  }
}

/** Echo over UDP: answers each datagram with one of the same bytes, be it empty. */
export class EchoDatagrams extends DatagramProtocol {
  readonly #mayAnswer: AnswerRule;

  /** @param mayAnswer whom to answer */
  constructor(mayAnswer: AnswerRule = isClient) {
    super();
    this.#mayAnswer = mayAnswer;
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    if (data.length > MAX_ANSWER_BYTES || !this.#mayAnswer(address)) return;
    this.transport.write(data, address);
  }
}
