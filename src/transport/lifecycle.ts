/**
 * How a connection lives and ends: every state it can be in, every event that can change it, and
 * what follows. Nothing else decides that; whoever holds a state only carries out the effects.
 *
 * A state is one of a fixed set of shared values, so that asking it costs a look at a field.
 */

/** What becomes of what comes in: delivered, at its end, or thrown away because we are closing. */
type Input = "open" | "ended" | "discarded";

/**
 * What becomes of what is written: taken; its end is due, and the protocol is to be told
 * (`finishing`) or not (`ending`); its end has left; nothing will ever leave again.
 */
type Output = "open" | "finishing" | "ending" | "ended" | "broken";

/** How far TLS in mid-stream has come: what was written before it leaves first (`clearing`). */
type Security = "clear" | "clearing" | "handshake" | "secured";

/** Where a connection is in its life. */
export interface LifeState {
  /** `gone`: there is no socket any more, and the protocol does not know it yet. */
  readonly phase: "connected" | "gone" | "over";
  readonly input: Input;
  readonly output: Output;
  readonly security: Security;
  readonly connected: boolean;
  /** Whether what comes in is still for the protocol. */
  readonly delivers: boolean;
  /** Whether the end of stream follows as soon as nothing waits to be sent. */
  readonly endIsDue: boolean;
  /** Whether what was written before TLS, or the handshake, is under way. */
  readonly isSecuring: boolean;
}

/** What can change a state. */
export type LifeEvent =
  /** The protocol closes. */
  | "lose"
  /** The protocol has finished writing. */
  | "loseWrite"
  /** The protocol asks for TLS. */
  | "startTLS"
  /** All that was written before `startTLS` has left. */
  | "cleared"
  /** The handshake is complete. */
  | "secured"
  /** The peer has finished, and the protocol wants to know. */
  | "peerEnded"
  /** The peer has finished, and the protocol has no callback for that. */
  | "peerEndedUnaware"
  /** Nothing waits to be sent, and nobody will write more. */
  | "flushed"
  /** The kernel will never take another byte. */
  | "sendFailed"
  /** It has come to its end: aborted, failed, or both sides have finished. */
  | "ended"
  /** `connectionLost` has been called. */
  | "told";

/** What is to be done because of a move, in this order. */
export type LifeEffect =
  /** What comes in is thrown away from now on, and nobody holds it up. */
  | "discard"
  /** The peer gets only so long from here on. */
  | "awaitPeer"
  /** Our end of stream leaves. */
  | "shutDown"
  | "tellReadEnd"
  | "tellWriteEnd";

/** Where an event leads, and what follows from it. */
interface LifeMove {
  readonly to: LifeState;
  readonly effects: readonly LifeEffect[];
}

/** Every event, in no particular order. */
export const LIFE_EVENTS: readonly LifeEvent[] = [
  "lose",
  "loseWrite",
  "startTLS",
  "cleared",
  "secured",
  "peerEnded",
  "peerEndedUnaware",
  "flushed",
  "sendFailed",
  "ended",
  "told",
];

/** The states there are so far; two of the same parts are one and the same. */
const KNOWN = new Map<string, LifeState>();

/** A new connection, before anything has happened. */
export const MADE: LifeState = connected("open", "open", "clear");

/** A new connection that is being secured before it has a protocol. */
export const MADE_SECURING: LifeState = connected("open", "open", "handshake");

/** The socket is gone, the protocol is told at the end of the turn. */
const GONE: LifeState = ended("gone");

/** The protocol was told: nothing changes any more. */
const OVER: LifeState = ended("over");

/** The table: every state that can be reached, and what each event does there. */
const MOVES: ReadonlyMap<LifeState, ReadonlyMap<LifeEvent, LifeMove>> = allMoves();

/** Every state that can be reached, in no particular order. */
export const LIFE_STATES: readonly LifeState[] = [...MOVES.keys()];

/**
 * Where `event` leads from `state`, and what is to be done; an event that changes nothing leads to
 * the same state.
 *
 * @throws {Error} when the event cannot come in that state: that is a fault of ours
 */
export function lifeMove(state: LifeState, event: LifeEvent): LifeMove {
  const move = MOVES.get(state)?.get(event);
  if (move !== undefined) return move;
  throw new Error(`"${event}" cannot come to a connection that is ${nameOfState(state)}`);
}

/** Whether TLS may be started: on a connection that is open both ways and not secured yet. */
export function mayStartTLS({ input, output, security }: LifeState): boolean {
  return input === "open" && output === "open" && security === "clear";
}

/** Such as `connected, input open, output ending`. */
export function nameOfState({ phase, input, output, security }: LifeState): string {
  if (phase !== "connected") return phase;
  const secured = security === "clear" ? "" : `, ${security}`;
  return `connected, input ${input}, output ${output}${secured}`;
}

function allMoves(): Map<LifeState, Map<LifeEvent, LifeMove>> {
  const all = new Map<LifeState, Map<LifeEvent, LifeMove>>();
  const found = [MADE, MADE_SECURING];
  for (let state = found.pop(); state !== undefined; state = found.pop()) {
    if (all.has(state)) continue;
    const moves = new Map<LifeEvent, LifeMove>();
    all.set(state, moves);
    for (const event of LIFE_EVENTS) {
      const move = moveOf(state, event);
      if (move === null) continue;
      moves.set(event, move);
      found.push(move.to);
    }
  }
  return all;
}

/** One cell of the table; null where the event cannot come. */
function moveOf(state: LifeState, event: LifeEvent): LifeMove | null {
  if (state === OVER) return event === "told" || event === "ended" ? null : stay(state);
  if (state === GONE) {
    if (event === "told") return go(OVER);
    return event === "ended" ? null : stay(state);
  }
  switch (event) {
    case "lose":
      return lose(state);
    case "loseWrite":
      return loseWrite(state);
    case "startTLS":
      return mayStartTLS(state) ? go(connected("open", "open", "clearing")) : null;
    case "cleared":
      return security(state, "clearing", "handshake");
    case "secured":
      return security(state, "handshake", "secured");
    case "peerEnded":
    case "peerEndedUnaware":
      return peerEnded(state, event === "peerEnded");
    case "flushed":
      return flushed(state);
    case "sendFailed":
      return sendFailed(state);
    case "ended":
      return go(GONE);
    case "told":
      return null;
  }
}

/** Our end of stream follows what waits; what comes in is read and thrown away until the peer's. */
function lose(state: LifeState, ...before: LifeEffect[]): LifeMove {
  if (state.input === "discarded") return stay(state);
  const output = state.output === "open" ? "ending" : state.output;
  return go(connected("discarded", output, state.security), ...before, "discard", "awaitPeer");
}

/** After the peer has finished nothing is left to receive, so finishing is closing. */
function loseWrite(state: LifeState): LifeMove {
  if (state.output !== "open") return stay(state);
  const finishing = connected(state.input, "finishing", state.security);
  return state.input === "ended" ? lose(finishing) : go(finishing);
}

function peerEnded(state: LifeState, isAware: boolean): LifeMove | null {
  if (state.input === "ended" || state.isSecuring) return null;
  // After a failed send this is how a reset looks; the end of the socket follows.
  if (state.input === "discarded" || state.output === "broken") return stay(state);
  if (!isAware) return lose(state);
  if (state.output === "finishing") return lose(state, "tellReadEnd");
  return go(connected("ended", state.output, state.security), "tellReadEnd");
}

function flushed(state: LifeState): LifeMove | null {
  if (state.isSecuring) return null;
  if (!state.endIsDue) return stay(state);
  const to = connected(state.input, "ended", state.security);
  const awaited: LifeEffect[] = state.input === "discarded" ? ["awaitPeer"] : [];
  const told: LifeEffect[] = state.output === "finishing" ? ["tellWriteEnd"] : [];
  return go(to, ...awaited, "shutDown", ...told);
}

/** Once our end of stream has left there is nothing that could not be sent. */
function sendFailed(state: LifeState): LifeMove | null {
  if (state.isSecuring) return null;
  if (state.output === "ended") return stay(state);
  return go(connected(state.input, "broken", state.security));
}

function security(state: LifeState, from: Security, to: Security): LifeMove | null {
  return state.security === from ? go(connected(state.input, state.output, to)) : null;
}

function go(to: LifeState, ...effects: LifeEffect[]): LifeMove {
  return { to, effects };
}

function stay(state: LifeState): LifeMove {
  return { to: state, effects: [] };
}

function connected(input: Input, output: Output, security: Security): LifeState {
  const key = `${input} ${output} ${security}`;
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  const state: LifeState = Object.freeze({
    phase: "connected",
    input,
    output,
    security,
    connected: true,
    delivers: input !== "discarded",
    endIsDue: output === "finishing" || output === "ending",
    isSecuring: security === "clearing" || security === "handshake",
  });
  KNOWN.set(key, state);
  return state;
}

function ended(phase: "gone" | "over"): LifeState {
  return Object.freeze({
    phase,
    input: "discarded",
    output: "broken",
    security: "clear",
    connected: false,
    delivers: false,
    endIsDue: false,
    isSecuring: false,
  });
}
