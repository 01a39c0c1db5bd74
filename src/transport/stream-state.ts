/** Where a connection is in its life. */
export type StreamState =
  /** Both directions work. */
  | "open"
  /** The peer has finished sending, and the protocol, half-close aware, goes on. */
  | "read-ended"
  /** `loseWriteConnection` was called: flushing, still receiving. */
  | "write-ending"
  /** Our end of stream has left, still receiving. */
  | "write-ended"
  /** `loseConnection` was called: flushing, what comes in is discarded. */
  | "closing"
  /** Our end of stream has left, what comes in is discarded until the peer closes too. */
  | "lingering"
  /** The socket is gone, the protocol does not know it yet. */
  | "closed"
  /** `connectionLost` was called. */
  | "disconnected";

/** The legal moves. Anything else is a fault of ours. */
const NEXT_STREAM_STATES: Readonly<Record<StreamState, readonly StreamState[]>> = {
  open: ["read-ended", "write-ending", "closing", "closed"],
  "read-ended": ["closing", "closed"],
  "write-ending": ["write-ended", "closing", "closed"],
  "write-ended": ["lingering", "closed"],
  closing: ["lingering", "closed"],
  lingering: ["closed"],
  closed: ["disconnected"],
  disconnected: [],
};

/** `to`, when a connection may go there from `from`. @throws {Error} otherwise */
export function nextStreamState(from: StreamState, to: StreamState): StreamState {
  if (NEXT_STREAM_STATES[from].includes(to)) return to;
  throw new Error(`A connection cannot go from ${from} to ${to}`);
}

/** Whether nothing that comes in is delivered any more. */
export function discardsInput(state: StreamState): boolean {
  // Asked for every frame, and nearly always the connection is open.
  switch (state) {
    case "open":
    case "read-ended":
    case "write-ending":
    case "write-ended":
      return false;
    default:
      return true;
  }
}

/** Whether what is written is still sent; a producer may finish what it has begun. */
export function takesOutput(state: StreamState, hasProducer: boolean): boolean {
  switch (state) {
    case "open":
    case "read-ended":
      return true;
    case "write-ending":
    case "closing":
      return hasProducer;
    default:
      return false;
  }
}
