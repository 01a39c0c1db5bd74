import type { FaultKind } from "./fault-kind.ts";

/**
 * One decision as a person reads it.
 *
 * @param at the place it was taken at, such as an offset in a stream
 * @param value its size: milliseconds or bytes
 */
export function faultMeaning(kind: FaultKind, at: number, value: number): string {
  switch (kind) {
    case "latency":
      return `everything takes ${value} ms`;
    case "delay":
      return `what begins at byte ${at} is ${value} ms late`;
    case "cut":
      return `cut after byte ${at}; the rest comes ${value} ms later`;
    case "short-write":
      return `of a write at byte ${at} only ${value} bytes are taken`;
    case "small-buffer":
      return `holds ${value} bytes at most`;
    case "stopped-reader":
      return `the reader stops at byte ${at} for ${value} ms`;
    case "reset":
      return `reset after byte ${value}`;
    case "late-reset":
      return `reset ${value} ms after the connect`;
    case "half-close":
      return `end of stream after byte ${value}; more is answered by a reset`;
    case "refused":
      return "the connect is refused";
    case "unanswered":
      return "the connect is never answered";
    case "black-hole":
      return `from ${value} ms on nothing arrives`;
    case "partition":
      return `nothing arrives until ${value} ms`;
    case "datagram-loss":
      return `datagram ${at} is lost`;
    case "datagram-duplicate":
      return `datagram ${at} arrives again ${value} ms later`;
    case "datagram-delay":
      return `datagram ${at} is ${value} ms late`;
    case "datagram-truncation":
      return `datagram ${at} is cut to ${value} bytes`;
    case "datagram-refusal":
      return `datagram ${at} is refused`;
  }
}
