import type { Address } from "../src/reactor/address.ts";
import { Factory, type ProtocolStack } from "../src/reactor/factory.ts";
import type { Protocol } from "../src/reactor/protocol.ts";
import { Occurrences } from "./occurrences.ts";

/** What is to go wrong, or to be refused, instead of what a factory does by itself. */
interface AdmittingActions {
  readonly admit?: () => boolean;
  readonly dismiss?: () => void;
}

/** Notes in `events` what is asked of it, and keeps the peers that have a place. */
export class AdmittingFactory<P extends Protocol> extends Factory<P> {
  readonly events: string[] = [];
  /** The peers that were admitted and not dismissed. */
  readonly there = new Set<Address>();
  readonly #actions: AdmittingActions;
  readonly #occurrences = new Occurrences();
  #admissions = 0;

  constructor(build: (peer: Address) => P | null, actions: AdmittingActions = {}) {
    super(build);
    this.#actions = actions;
  }

  override admit(peer: Address): boolean {
    this.events.push("admit");
    if (this.there.has(peer)) this.events.push("admitted twice");
    const admitted = this.#actions.admit?.() ?? true;
    if (admitted) this.there.add(peer);
    this.#admissions++;
    this.#occurrences.happened();
    return admitted;
  }

  override dismiss(peer: Address): void {
    this.events.push(this.there.delete(peer) ? "dismiss" : "dismissed twice");
    this.#occurrences.happened();
    this.#actions.dismiss?.();
  }

  override buildStack(peer: Address): ProtocolStack<P> | null {
    this.events.push(this.there.has(peer) ? "build" : "built without admission");
    this.#occurrences.happened();
    return super.buildStack(peer);
  }

  override stopFactory(): void {
    this.events.push("stop");
    this.#occurrences.happened();
  }

  /** What was asked that should not have been, and who has not been dismissed. */
  get mistakes(): string[] {
    const wrong = this.events.filter((event) => /twice|without/.test(event));
    return [...wrong, ...[...this.there].map((peer) => `${peer} was not dismissed`)];
  }

  /** Resolves once so many were asked for, in all. */
  asked(count: number): Promise<void> {
    return this.#occurrences.until(`${count} questions`, () => this.#admissions >= count);
  }

  /** Resolves once `event` is among the events. */
  sees(event: string): Promise<void> {
    return this.#occurrences.until(event, () => this.events.includes(event));
  }

  /** Resolves once so many have a place. */
  has(count: number): Promise<void> {
    return this.#occurrences.until(`${count} admitted`, () => this.there.size === count);
  }
}
