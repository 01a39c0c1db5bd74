import type { Clock } from "../reactor/clock.ts";
import type { Turn, TurnParticipant } from "./turn.ts";

/** How long one turn delivers datagrams unless told: less than a person or a timer notices. */
const DEFAULT_RECEIVE_BUDGET_MS = 10;

/** The clock is read once in so many datagrams, so that reading it costs next to nothing. */
const DATAGRAMS_PER_LOOK = 32;

/** Whose time is bounded. */
interface BudgetOwner {
  /** A turn begins after one in which the budget was spent. */
  budgetRenewed(): void;
  /** That failed. */
  broken(error: unknown): void;
}

/**
 * Bounds the time that one turn spends on datagrams. The runtime reads a socket until it is empty,
 * which a flood never lets it be; beyond the budget `spend` says no until the next turn begins.
 */
export class ReceiveBudget implements TurnParticipant {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #owner: BudgetOwner;
  readonly #budgetMs: number;
  #datagrams = 0;
  #startedAt = 0;
  #spent = false;
  #waitsForTurn = false;

  constructor(clock: Clock, turn: Turn, owner: BudgetOwner, budgetMs = DEFAULT_RECEIVE_BUDGET_MS) {
    this.#clock = clock;
    this.#turn = turn;
    this.#owner = owner;
    this.#budgetMs = budgetMs;
  }

  /** Whether one more datagram may be delivered in this turn. */
  spend(): boolean {
    if (this.#spent) return false;
    if (++this.#datagrams % DATAGRAMS_PER_LOOK !== 0) return true;
    if (this.#waitsForTurn) {
      this.#spent = this.#clock.now() - this.#startedAt > this.#budgetMs;
    } else {
      this.#waitsForTurn = true;
      this.#startedAt = this.#clock.now();
      this.#turn.addToNext(this);
    }
    return !this.#spent;
  }

  turnEnded(): void {
    const wasSpent = this.#spent;
    this.#spent = false;
    this.#waitsForTurn = false;
    this.#datagrams = 0;
    if (wasSpent) this.#owner.budgetRenewed();
  }

  turnFailed(error: unknown): void {
    this.#owner.broken(error);
  }
}
