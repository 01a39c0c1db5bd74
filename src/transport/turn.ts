/** What takes part in a turn: something with output to flush or an ending to report. */
export interface TurnParticipant {
  /** The turn is over: flush, report. Called once for each time it was added. */
  turnEnded(): void;
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
  readonly #finish = () => this.#finishScheduled();
  readonly #startNext = () => this.#startNextTurn();
  #depth = 0;
  #scheduled = false;
  #participants: TurnParticipant[] = [];
  #nextParticipants: TurnParticipant[] = [];
  readonly #spareSlabs: Buffer[] = [];

  constructor(scheduler: TurnScheduler) {
    this.#scheduler = scheduler;
  }

  /** A callback begins. Calls nest. */
  enter(): void {
    this.#depth++;
  }

  /** The callback has ended; with the outermost one the participants are told. */
  leave(): void {
    if (this.#depth === 1 && this.#participants.length > 0) this.#endTurn();
    this.#depth--;
  }

  /** Tells `participant` at the end of this turn, or soon when none is under way. */
  add(participant: TurnParticipant): void {
    this.#participants.push(participant);
    if (this.#depth > 0 || this.#scheduled) return;
    this.#scheduled = true;
    this.#scheduler.soon(this.#finish);
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

  #finishScheduled(): void {
    this.#scheduled = false;
    this.enter();
    this.leave();
  }

  #startNextTurn(): void {
    const participants = this.#nextParticipants;
    this.#nextParticipants = [];
    for (const participant of participants) this.add(participant);
  }

  /** Participants may add themselves and others while they are told. */
  #endTurn(): void {
    const participants = this.#participants;
    for (let index = 0; index < participants.length; index++) participants[index]?.turnEnded();
    participants.length = 0;
  }
}
