/**
 * What must be true of a connection when nothing is to come any more, and when it has ended. A
 * transport that forgets something is as quiet as one that has nothing to do; here it is found out.
 */
import { SendBufferFullError } from "../reactor/close-reason.ts";
import type { FaultKind } from "./fault-kind.ts";
import type { SimulatedEnd } from "./simulated-end.ts";

/** Faults that may end a connection as lost, or leave one half open. */
const FATAL_FAULTS: readonly FaultKind[] = [
  "reset",
  "late-reset",
  "half-close",
  "black-hole",
  "partition",
];

/** Called when nothing is to come any more: whether the end has nothing left to do. */
export function checkQuietEnd(end: SimulatedEnd): void {
  const { transport, socket, reason, paused, closing, hasProducer } = end;
  if (transport === null || reason !== null) return;
  if (end.writingPaused && !closing && transport.bufferedAmount === 0) {
    end.fail("nothing waits to be sent, and resumeWriting was not called");
  } else if (socket.closed) {
    if (!paused) end.fail("the socket is gone, and connectionLost was not called");
  } else if (closing && !hasProducer) {
    end.fail("loseConnection was called, and the connection never ends");
  } else if (transport.bufferedAmount > 0 && socket.takesMore) {
    end.fail(`${transport.bufferedAmount} bytes wait to be sent, though the network takes more`);
  } else if (socket.holdsBack && !paused && transport.bufferedAmount === 0) {
    end.fail("reading is held back, though the protocol did not ask for it");
  }
}

/** Called when the run is over: whether it ended as it should, and lost nothing on the way here. */
export function checkEnd(end: SimulatedEnd): void {
  if (end.transport === null) return;
  const { reason, socket } = end;
  const { arrivedBytes, writtenBytes } = end.other.written;
  if (reason === null) {
    end.fail("connectionLost was never called, though everything was closed");
  } else if (reason.kind === "lost" && !mayBeLost(end)) {
    end.fail(`it was lost, and nothing had happened to it: ${reason.cause.message}`);
  } else if (end.closing || reason.kind === "aborted" || isOwnFault(end)) {
    return;
  } else if (arrivedBytes < socket.deliveredBytes) {
    end.fail(`${socket.deliveredBytes} bytes arrived, and ${arrivedBytes} of them were delivered`);
  } else if (arrivedBytes < writtenBytes && isComplete(end)) {
    end.fail(`${arrivedBytes} of ${writtenBytes} bytes arrived, though both ends closed as done`);
  }
}

/** Whether all must have arrived. Nobody can tell an early end of stream from a real one. */
function isComplete({ reason, other, simulation }: SimulatedEnd): boolean {
  if (simulation.schedule.hasTaken("half-close")) return false;
  return reason?.kind === "done" && other.reason?.kind === "done";
}

/** Whether this end was ended by what its own protocol did wrong. */
function isOwnFault({ reason, simulation }: SimulatedEnd): boolean {
  if (reason?.kind !== "lost") return false;
  return reason.cause instanceof SendBufferFullError || simulation.wasLogged(reason.cause);
}

function mayBeLost(end: SimulatedEnd): boolean {
  if (FATAL_FAULTS.some((fault) => end.simulation.schedule.hasTaken(fault))) return true;
  // Without a protocol it was turned away.
  if (end.other.transport === null) return true;
  return end.other.reason?.kind === "aborted" || isOwnFault(end) || isOwnFault(end.other);
}
