/**
 * What can go wrong on a simulated network, by the names that schedules show.
 *
 * - `latency`: everything in one direction takes so long.
 * - `delay`: one segment is late; what follows waits for it.
 * - `cut`: what was sent in one piece arrives in two, at different times.
 * - `short-write`: the system takes only a part of a write, perhaps nothing, and more only later.
 * - `small-buffer`: the way holds only so many bytes that nobody has read; more in a long stream.
 * - `stopped-reader`: one end reads nothing for a while, which may be as long as a minute.
 * - `reset`: the connection is reset on its way behind some byte. `late-reset`: after some time.
 * - `half-close`: an end of stream behind some byte; whoever goes on sending there is reset.
 * - `refused`: a connect is refused. `unanswered`: it never gets an answer.
 * - `black-hole`: from some moment on nothing arrives any more, and nobody is told.
 * - `partition`: nothing arrives for a while, one way or both; then all of it does.
 * - `datagram-…`: a datagram is lost, arrives twice, is overtaken by others, arrives without its
 *   end, or is refused, which a connected sender is told.
 */
export const FAULT_KINDS = [
  "latency",
  "delay",
  "cut",
  "short-write",
  "small-buffer",
  "stopped-reader",
  "reset",
  "late-reset",
  "half-close",
  "refused",
  "unanswered",
  "black-hole",
  "partition",
  "datagram-loss",
  "datagram-duplicate",
  "datagram-delay",
  "datagram-truncation",
  "datagram-refusal",
] as const;

/** One way in which a simulated network may misbehave. */
export type FaultKind = (typeof FAULT_KINDS)[number];
