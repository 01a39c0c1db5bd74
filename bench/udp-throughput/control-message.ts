/**
 * What the two ends of a UDP measurement say to each other over TCP: one JSON object on each line.
 * The sender opens a run, sends its datagrams, closes the run, and is told what arrived.
 */

/** From the sender. A run ends when all is there, or when nothing has come for `quietMs`. */
export type SenderMessage =
  | { readonly type: "begin"; readonly run: number; readonly datagram: DatagramPlan }
  | { readonly type: "end"; readonly sent: number; readonly quietMs: number };

/** What the datagrams of a run look like. */
export interface DatagramPlan {
  readonly bytes: number;
  readonly seed: number;
  /** Whether each byte is looked at; otherwise the length alone is. */
  readonly compares: boolean;
}

/** From the receiver. */
export type ReceiverMessage =
  | { readonly type: "ready"; readonly port: number }
  | { readonly type: "report"; readonly report: ReceiverReport }
  | { readonly type: "refused"; readonly reason: string };

/** What a run brought, in datagrams unless it says otherwise. */
export interface ReceiverReport {
  /** Different ones: a duplicate counts once. */
  readonly received: number;
  readonly duplicates: number;
  /** Came after one that was sent later. */
  readonly reordered: number;
  /** Not as they were sent. */
  readonly damaged: number;
  /** From the first to the last. */
  readonly spanMs: number;
  /** Thrown away by the transport, which had used up its time. */
  readonly shed: number;
  /** Dropped by the kernel at the socket; null where it does not say. */
  readonly socketDrops: number | null;
}

/** The longest wait for datagrams that may never come: more than any path holds them up. */
const MAX_QUIET_MS = 2_000;

/** Longer lines come from something that is not one of us. */
export const MAX_LINE_BYTES = 4_096;

/** Sequence numbers are below this: the receiver keeps a bit for each. */
export const MAX_DATAGRAMS = 2 ** 24;

/** Run and sequence number, at the start of each datagram, as 32-bit integers. */
export const HEADER_BYTES = 8;

/**
 * The message on one line from a sender.
 *
 * @throws {SyntaxError} when it is none
 */
export function parseSenderMessage(line: string): SenderMessage {
  const message: unknown = JSON.parse(line);
  if (isObject(message)) {
    const { type, run, sent, quietMs, datagram } = message;
    if (type === "end" && isCount(sent) && isCount(quietMs) && quietMs <= MAX_QUIET_MS) {
      return { type, sent, quietMs };
    }
    if (type === "begin" && isCount(run) && isObject(datagram)) {
      const { bytes, seed, compares } = datagram;
      if (isCount(bytes) && bytes >= HEADER_BYTES && bytes <= 65_507 && isCount(seed)) {
        return { type, run, datagram: { bytes, seed, compares: compares === true } };
      }
    }
  }
  throw new SyntaxError("The line is not a message of a sender");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;
}
