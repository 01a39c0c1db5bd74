import type { Clock, DelayedCall } from "../reactor/clock.ts";
import { ConnectError } from "../reactor/connect-error.ts";
import type { ConnectAttempt, ConnectAttemptOwner, ConnectCandidate } from "./connect-candidate.ts";
import { connectFailure, failureOfAll } from "./connect-failure.ts";
import type { StreamDriver } from "./stream-driver.ts";

/** Whoever waits for a race. One of the two is called, once, unless it is given up first. */
interface ConnectRaceOwner {
  /** The owner attaches a listener to the driver, or closes it, at once. */
  raceWon(driver: StreamDriver): void;
  /** All have failed, or one shows that none can be right. */
  raceLost(error: Error): void;
}

/**
 * The addresses of one name against each other (Happy Eyeballs, RFC 8305 section 5): an attempt to
 * the first, one more after each delay or as soon as one has failed, and the first that connects
 * wins. The others are given up, and ended if they connect all the same.
 */
export class ConnectRace {
  readonly #target: string;
  readonly #candidates: readonly ConnectCandidate[];
  readonly #attemptDelayMs: number;
  readonly #clock: Clock;
  readonly #owner: ConnectRaceOwner;
  readonly #contenders = new Set<Contender>();
  readonly #failures: ConnectError[] = [];
  #state: "racing" | "over" = "racing";
  #tried = 0;
  #next: DelayedCall | null = null;

  /**
   * @param target what the candidates are of, for messages
   * @param candidates at least one, in the order to try them
   * @param attemptDelayMs infinite where each has to fail before the next is tried
   */
  constructor(
    target: string,
    candidates: readonly ConnectCandidate[],
    attemptDelayMs: number,
    clock: Clock,
    owner: ConnectRaceOwner,
  ) {
    this.#target = target;
    this.#candidates = candidates;
    this.#attemptDelayMs = attemptDelayMs;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** What is being tried: the only address, or else what all of them are of. */
  get target(): string {
    const [only, ...others] = this.#candidates;
    return only === undefined || others.length > 0 ? this.#target : only.description;
  }

  /** Begins; apart from the constructor, because it may end inside this call. */
  start(): void {
    this.#tryNext();
  }

  /** Gives up every attempt, without another word to the owner. */
  giveUp(): void {
    this.#state = "over";
    this.#next?.[Symbol.dispose]();
    for (const contender of this.#contenders) contender.giveUp();
    this.#contenders.clear();
  }

  /** Called by a contender that has connected. */
  won(contender: Contender, driver: StreamDriver): void {
    this.#contenders.delete(contender);
    this.giveUp();
    this.#owner.raceWon(driver);
  }

  /** Called by a contender whose attempt has come to nothing. */
  failed(contender: Contender, error: unknown): void {
    this.#contenders.delete(contender);
    this.#note(contender, error);
    this.#tryNext();
  }

  /** Begins with the next address, and with those after it as long as they are refused at once. */
  #tryNext(): void {
    this.#next?.[Symbol.dispose]();
    while (this.#state === "racing" && this.#tried < this.#candidates.length) {
      const contender = new Contender(this, this.#candidates[this.#tried++] as ConnectCandidate);
      this.#contenders.add(contender);
      try {
        contender.begin();
        break;
      } catch (error) {
        this.#contenders.delete(contender);
        this.#note(contender, error);
      }
    }
    if (this.#state === "over") return;
    if (this.#tried < this.#candidates.length) {
      if (this.#attemptDelayMs === Number.POSITIVE_INFINITY) return;
      this.#next = this.#clock.callLater(this.#attemptDelayMs, () => this.#tryNext());
    } else if (this.#contenders.size === 0) {
      this.#lose(failureOfAll(this.#target, this.#failures as [ConnectError, ...ConnectError[]]));
    }
  }

  /** A mistake of the caller's would be one for every address. */
  #note(contender: Contender, error: unknown): void {
    const failure = connectFailure(contender.description, error);
    if (failure instanceof ConnectError) this.#failures.push(failure);
    else this.#lose(failure);
  }

  #lose(error: Error): void {
    this.giveUp();
    this.#owner.raceLost(error);
  }
}

/** One attempt of a race. */
class Contender implements ConnectAttemptOwner {
  readonly #race: ConnectRace;
  readonly #candidate: ConnectCandidate;
  #state: "racing" | "over" = "racing";
  #attempt: ConnectAttempt | null = null;

  constructor(race: ConnectRace, candidate: ConnectCandidate) {
    this.#race = race;
    this.#candidate = candidate;
  }

  get description(): string {
    return this.#candidate.description;
  }

  /** The runtime may run other code while it begins to connect, and that may have given up. */
  begin(): void {
    this.#attempt = this.#candidate.begin(this);
    if (this.#state === "over") this.#attempt.giveUp();
  }

  giveUp(): void {
    this.#state = "over";
    this.#attempt?.giveUp();
  }

  attemptSucceeded(driver: StreamDriver): void {
    if (this.#state === "over") return driver.terminate();
    this.#state = "over";
    this.#race.won(this, driver);
  }

  attemptFailed(error: unknown): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#race.failed(this, error);
  }
}
