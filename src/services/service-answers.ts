/** What the answers of the services mean, once they are known to be of the right form. */
import { decodeTime } from "../protocols/time.ts";
import { QueryError } from "./query-error.ts";
import type { ServiceAnswer } from "./service-query.ts";

/** The server's time, and how far our clock is from it. */
interface TimeReading {
  /** Milliseconds since 1970; whole seconds. */
  readonly unixMs: number;
  /** The server's clock minus ours, within `uncertaintyMs` either way. */
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** The answer of a time service tells whole seconds, so its clock may be this much further on. */
const RESOLUTION_MS = 1_000;

const TIME_BYTES = 4;

/** What people read: ASCII from space to tilde, and line ends. */
const PRINTABLE = /^[\x20-\x7e\r\n]*$/;

/** @throws {QueryError} unless the answer has exactly 4 bytes */
export function readTime(answer: ServiceAnswer): TimeReading {
  const { bytes, peer, durationMs, receivedAtUnixMs } = answer;
  if (bytes.length !== TIME_BYTES) {
    throw new QueryError(peer, `sent ${bytes.length} bytes: a time has ${TIME_BYTES}`);
  }
  const unixMs = decodeTime(bytes, receivedAtUnixMs);
  // It was taken at some moment of `durationMs`, and anywhere in the second that it names.
  const uncertaintyMs = (RESOLUTION_MS + durationMs) / 2;
  const offsetMs = unixMs + RESOLUTION_MS / 2 - (receivedAtUnixMs - durationMs / 2);
  return { unixMs, offsetMs, uncertaintyMs };
}

/**
 * The line of a daytime service, without its line end.
 *
 * @throws {QueryError} unless the answer is one line of printable characters
 */
export function readDaytime({ bytes, peer }: ServiceAnswer): string {
  const text = bytes.toString("latin1");
  if (!PRINTABLE.test(text)) throw new QueryError(peer, "sent bytes that are not printable");
  const line = text.trim();
  if (line === "") throw new QueryError(peer, `sent ${bytes.length} bytes: a line was expected`);
  if (/[\r\n]/.test(line)) throw new QueryError(peer, "sent several lines: one was expected");
  return line;
}

/** @throws {QueryError} unless the answer is exactly `probe` */
export function checkEcho({ bytes, peer }: ServiceAnswer, probe: Uint8Array): void {
  if (bytes.length !== probe.length) {
    throw new QueryError(peer, `sent back ${bytes.length} of ${probe.length} bytes`);
  }
  if (bytes.equals(probe)) return;
  throw new QueryError(peer, `sent back ${probe.length} bytes, but not the same ones`);
}
