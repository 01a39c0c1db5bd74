import type { Logger } from "../reactor/logger.ts";

/** What takes part in a turn: something with output to flush or an ending to report. */
export interface TurnParticipant {
  /** The turn is over: flush, report. Called once for each time it was added. */
  turnEnded(): void;
  /** `turnEnded` threw: this participant ends, with that as the cause, and no other does. */
  turnFailed(error: unknown): void;
}

/** How a turn gets itself run when no callback of the reactor is under way. */
export interface TurnScheduler {
  /** Runs `run` as soon as the code that runs now has returned. */
  soon(run: () => void): void;
  /** Runs `run` after the reactor has looked at its other sockets and timers. */
  nextTurn(run: () => void): void;
}

/** Empty send buffers kept for reuse; only a turn that writes to many needs more than a few. */
const MAX_SPARE_SLABS = 8;

/** What one send gathers at most; the kernel takes more in one go only when nobody else waits. */
export const SLAB_BYTES = 65_536;

/**
 * The bracket around one callback of the reactor. What protocols write inside it leaves in one send
 * per connection at its end, and what must not happen inside their own calls (`connectionLost`)
 * happens there too. One reactor has one `Turn`.
 */
export class Turn {
  readonly #scheduler: TurnScheduler;
  readonly #logger: Logger;
  readonly #finish = () => this.#finishScheduled();
  readonly #startNext = () => this.#startNextTurn();
  #depth = 0;
  #scheduled = false;
  #participants: TurnParticipant[] = [];
  #nextParticipants: TurnParticipant[] = [];
  readonly #spareSlabs: Buffer[] = [];

  /** @param logger told of a participant that cannot even be ended */
  constructor(scheduler: TurnScheduler, logger: Logger) {
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /** A callback begins. Calls nest. Returns what `leave` must be given, whatever happens. */
  enter(): number {
    return this.#depth++;
  }

  /**
   * The callback has ended; with the outermost one the participants are told. Never throws.
   *
   * @param outer what `enter` returned: a stack that overflowed inside may have left brackets open
   */
  leave(outer: number): void {
    if (outer === 0 && this.#participants.length > 0) this.#endTurn();
    this.#depth = outer;
  }

  /** As `leave`, except that participants are told soon, and not inside of the caller's call. */
  leaveUntold(outer: number): void {
    this.#depth = outer;
    if (outer === 0 && this.#participants.length > 0) this.#endSoon();
  }

  /** Tells `participant` at the end of this turn, or soon when none is under way. */
  add(participant: TurnParticipant): void {
    this.#participants.push(participant);
    if (this.#depth === 0) this.#endSoon();
  }

  /** Tells `participant` in the next turn, after others had theirs. */
  addToNext(participant: TurnParticipant): void {
    this.#nextParticipants.push(participant);
    if (this.#nextParticipants.length === 1) this.#scheduler.nextTurn(this.#startNext);
  }

  /** An empty buffer of `SLAB_BYTES`, to be given back with `returnSlab`. */
  takeSlab(): Buffer {
    return this.#spareSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  }

  returnSlab(slab: Buffer): void {
    if (this.#spareSlabs.length < MAX_SPARE_SLABS) this.#spareSlabs.push(slab);
  }

  #endSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#scheduler.soon(this.#finish);
  }

  #finishScheduled(): void {
    this.#scheduled = false;
    this.leave(this.enter());
  }

  #startNextTurn(): void {
    const participants = this.#nextParticipants;
    this.#nextParticipants = [];
    for (const participant of participants) this.add(participant);
  }

  /** Participants may add themselves and others while they are told. */
  #endTurn(): void {
    const participants = this.#participants;
    for (let index = 0; index < participants.length; index++) {
      const participant = participants[index] as TurnParticipant;
      try {
        participant.turnEnded();
      } catch (error) {
        this.#fail(participant, error);
      }
    }
    participants.length = 0;
  }

  #fail(participant: TurnParticipant, error: unknown): void {
    try {
      participant.turnFailed(error);
    } catch (second) {
      this.#logger.error("a participant of a turn failed, and could not be ended", second);
    }
  }
}
