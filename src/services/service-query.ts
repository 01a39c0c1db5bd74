import type { Address } from "../reactor/address.ts";

/** A question to a service. */
export interface ServiceQuery {
  /** An IP address or a name. */
  readonly host: string;
  readonly port: number;
  /** What to send; over TCP nothing is sent when it is empty. */
  readonly request: Uint8Array;
  /** How many bytes end the answer, where that is known; over TCP the peer's end does otherwise. */
  readonly answerBytes?: number;
  /** For connecting and the whole answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** What came back. */
export interface ServiceAnswer {
  readonly peer: Address;
  readonly bytes: Buffer;
  /**
   * From the question to the last byte of the answer, in milliseconds. To connect is the question,
   * when nothing is sent.
   */
  readonly durationMs: number;
  /** When the last byte came, in milliseconds since 1970 by our own clock. */
  readonly receivedAtUnixMs: number;
}

/** More than any service here sends; what goes on longer is not one of them. */
export const MAX_ANSWER_BYTES = 1_024;
