import type { Clock, DelayedCall } from "../reactor/clock.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";

/** A policy that holds reading for a while. */
export interface EndWatchOwner {
  /** Whether it still does. */
  readonly holding: boolean;
  /** Nothing can be sent any more: the connection ends as soon as reading goes on. */
  peerHasGone(): void;
}

/** Soon enough for a person, and seldom enough that a thousand held connections cost nothing. */
const LOOK_EVERY_MS = 1_000;

/**
 * Finds out that the peer has reset a connection on which a policy holds reading. The connection
 * tells of its end only when reading goes on; but what waits for `drained` hears of it.
 */
export class EndWatch {
  readonly #clock: Clock;
  readonly #owner: EndWatchOwner;
  #transport: StreamTransport | null = null;
  #look: DelayedCall | null = null;
  #asking = false;
  readonly #lookNow = () => {
    this.#look = null;
    if (this.#transport !== null && this.#owner.holding) this.#ask(this.#transport);
  };

  constructor(clock: Clock, owner: EndWatchOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Looks now and then, as long as the owner holds reading. */
  start(transport: StreamTransport): void {
    this.#transport = transport;
    this.#look ??= this.#clock.callLater(LOOK_EVERY_MS, this.#lookNow);
  }

  /** Leaves no timed call behind. */
  stop(): void {
    this.#transport = null;
    this.#look?.[Symbol.dispose]();
    this.#look = null;
  }

  #ask(transport: StreamTransport): void {
    this.start(transport);
    // While the peer reads nothing, the answer waits too, and is asked for once.
    if (this.#asking) return;
    this.#asking = true;
    const answered = () => {
      this.#asking = false;
    };
    transport.drained().then(answered, () => {
      if (this.#transport === null) return;
      this.stop();
      this.#owner.peerHasGone();
    });
  }
}
