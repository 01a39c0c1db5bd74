import type { Address } from "../reactor/address.ts";
import type { DelayedCall } from "../reactor/clock.ts";
import { ConnectError } from "../reactor/connect-error.ts";
import { Factory, type ProtocolStack } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectTCPOptions, Reactor } from "../reactor/reactor.ts";

/**
 * The addresses of one name against each other (RFC 8305 section 5): an attempt to the first, one
 * more after each delay or as soon as one has failed, and the first that connects wins. Only the
 * winner gets a protocol; the others are cancelled, and closed if they connect all the same.
 */
export class AddressRace<P extends Protocol> {
  readonly #reactor: Reactor;
  readonly #factory: Factory<P>;
  readonly #options: ConnectTCPOptions;
  readonly #attemptDelayMs: number;
  readonly #addresses: string[];
  readonly #outcome = Promise.withResolvers<P>();
  readonly #failures: ConnectError[] = [];
  /** What cancels each attempt that is under way. */
  readonly #attempts = new Map<Contender<P>, AbortController>();
  #state: "racing" | "won" | "settled" = "racing";
  #next: DelayedCall | null = null;

  /**
   * @param options how to connect; `host` is what the addresses are of
   * @param addresses in the order to try them
   */
  constructor(
    reactor: Reactor,
    factory: Factory<P>,
    options: ConnectTCPOptions,
    addresses: readonly string[],
    attemptDelayMs: number,
  ) {
    this.#reactor = reactor;
    this.#factory = factory;
    this.#options = options;
    this.#addresses = [...addresses];
    this.#attemptDelayMs = attemptDelayMs;
  }

  /**
   * Resolves with the winner's protocol. Rejects when all have failed: with the error of the only
   * one, or else with one whose `cause` is an `AggregateError` of all.
   */
  run(): Promise<P> {
    this.#tryNext();
    return this.#outcome.promise;
  }

  /** Cancels every attempt; the race rejects with `error`. Does nothing once there is a winner. */
  giveUp(error: Error): void {
    if (this.#state !== "racing") return;
    this.#cancelAttempts(null);
    this.#settle(error);
  }

  /** Called by a contender that has connected; true for the first. */
  claim(contender: Contender<P>): boolean {
    if (this.#state !== "racing") return false;
    this.#state = "won";
    this.#cancelAttempts(contender);
    return true;
  }

  #tryNext(): void {
    const host = this.#addresses.shift();
    if (host === undefined) return;
    const contender = new Contender(this, this.#factory);
    const controller = new AbortController();
    this.#attempts.set(contender, controller);
    this.#next =
      this.#addresses.length === 0
        ? null
        : this.#reactor.callLater(this.#attemptDelayMs, () => this.#tryNext());
    const options = { ...this.#options, host, signal: controller.signal };
    this.#reactor.connectTCP(options, contender).then(
      (protocol) => this.#outcome.resolve(protocol),
      (error: unknown) => this.#failed(contender, error),
    );
  }

  #failed(contender: Contender<P>, error: unknown): void {
    const wasRacing = this.#attempts.delete(contender);
    if (!wasRacing || this.#state === "settled") return;
    // The winner's own factory has refused, or the options cannot be used: no address would help.
    if (this.#state === "won" || !(error instanceof ConnectError)) {
      this.#cancelAttempts(null);
      this.#settle(error);
      return;
    }
    this.#failures.push(error);
    this.#next?.[Symbol.dispose]();
    if (this.#addresses.length > 0) this.#tryNext();
    else if (this.#attempts.size === 0) this.#settle(this.#failureOfAll());
  }

  #failureOfAll(): ConnectError {
    const [first, ...others] = this.#failures as [ConnectError, ...ConnectError[]];
    if (others.length === 0) return first;
    const alike = others.every((each) => each.constructor === first.constructor);
    const errorClass = alike ? (first.constructor as typeof ConnectError) : ConnectError;
    const { host, port } = this.#options;
    const details = this.#failures.map(({ message }) => message.replace("Cannot connect to ", ""));
    const detail = `all ${details.length} addresses failed: ${details.join("; ")}`;
    return new errorClass(`tcp ${host}:${port}`, detail, {
      code: alike ? first.code : undefined,
      cause: new AggregateError(this.#failures, detail),
    });
  }

  /** Cancels all that are under way but `winner`, and tries no further address. */
  #cancelAttempts(winner: Contender<P> | null): void {
    this.#next?.[Symbol.dispose]();
    this.#addresses.length = 0;
    for (const [contender, controller] of this.#attempts) {
      if (contender === winner) continue;
      this.#attempts.delete(contender);
      controller.abort();
    }
  }

  #settle(error: unknown): void {
    this.#state = "settled";
    this.#outcome.reject(error);
  }
}

/** The factory of one attempt, which lets only the winner have a protocol. */
class Contender<P extends Protocol> extends Factory<P> {
  readonly #race: AddressRace<P>;
  readonly #factory: Factory<P>;

  constructor(race: AddressRace<P>, factory: Factory<P>) {
    super();
    this.#race = race;
    this.#factory = factory;
  }

  override buildStack(peer: Address): ProtocolStack<P> | null {
    return this.#race.claim(this) ? this.#factory.buildStack(peer) : null;
  }

  override doStart(): void {
    this.#factory.doStart();
  }

  override doStop(): void {
    this.#factory.doStop();
  }
}
