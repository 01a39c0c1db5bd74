/**
 * Why a connection ended, as `Protocol.connectionLost` gets it. A value, not an `Error`: most
 * connections end well, and making an `Error` for each would cost more than the close itself.
 */
export type CloseReason =
  /** Closed in order by either side, everything that was written has left. */
  | { readonly kind: "done" }
  /** Broken: a reset, a failed send, a full buffer, or an error thrown by the protocol itself. */
  | { readonly kind: "lost"; readonly cause: Error }
  /** Ended by `abortConnection`, or by the close timeout of `loseConnection`. */
  | { readonly kind: "aborted" };

/** The reason of every orderly close. */
export const DONE: CloseReason = Object.freeze({ kind: "done" });

/** The reason of every abort of ours. */
export const ABORTED: CloseReason = Object.freeze({ kind: "aborted" });

/** A connection that was waited on (`drained()`, say) ended before what was waited for. */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  readonly reason: CloseReason;

  constructor(reason: CloseReason) {
    super(
      reason.kind === "lost"
        ? `Connection lost: ${reason.cause.message}`
        : `Connection ${reason.kind}`,
      reason.kind === "lost" ? { cause: reason.cause } : undefined,
    );
    this.reason = reason;
  }
}

/** The `cause` of a connection that was dropped because its peer reads too slowly. */
export class SendBufferFullError extends Error {
  override readonly name = "SendBufferFullError";
}
