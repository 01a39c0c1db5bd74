import type { Address } from "../reactor/address.ts";
import type { CloseReason } from "../reactor/close-reason.ts";

/** What one connection was, told at its end. */
export interface ConnectionReport {
  /** The name of the service. */
  readonly service: string;
  readonly peer: Address;
  /** When it began, in milliseconds since 1970. */
  readonly startedAtUnixMs: number;
  readonly durationMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly reason: CloseReason;
}

/** A reason may quote an error of any length; the beginning says which it is. */
const MAX_REASON_CHARACTERS = 120;

/** Long enough for every service and nearly every address, so that the columns line up. */
const SERVICE_COLUMNS = 8;
const PEER_COLUMNS = 21;

/** The report as one line of bounded length, without a line end. */
export function formatConnectionReport(report: ConnectionReport): string {
  const { service, peer, startedAtUnixMs, durationMs, bytesReceived, bytesSent } = report;
  const start = new Date(startedAtUnixMs).toISOString();
  const duration = (durationMs / 1000).toFixed(3);
  return (
    `${start}  ${service.padEnd(SERVICE_COLUMNS)} ${peer.toString().padEnd(PEER_COLUMNS)}  ` +
    `in ${bytesReceived} B, out ${bytesSent} B, ${duration} s, ${reasonText(report.reason)}`
  );
}

function reasonText(reason: CloseReason): string {
  if (reason.kind !== "lost") return reason.kind;
  // One line stays one line, whatever the error says.
  const cause = reason.cause.message.replace(/[\p{Cc}\s]+/gu, " ");
  const text = `lost: ${cause}`;
  return text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS)}…`;
}
