import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";

/** The stream ended before what was to be read had come. */
export class IncompleteReadError extends Error {
  override readonly name = "IncompleteReadError";
  /** What had come; it counts as read. */
  readonly partial: Buffer;
  /** Why the stream ended. */
  readonly reason: CloseReason;

  /** @param wanted what was to be read, such as `20 bytes` */
  constructor(wanted: string, partial: Buffer, reason: CloseReason) {
    super(
      `Cannot read ${wanted}: the stream ended after ${partial.length} bytes`,
      reason.kind === "done" ? undefined : { cause: new ConnectionClosedError(reason) },
    );
    this.partial = partial;
    this.reason = reason;
  }
}
