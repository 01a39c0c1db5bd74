import { type CloseReason, ConnectionClosedError } from "../reactor/close-reason.ts";
import type { Producer, PullProducer } from "../reactor/producer.ts";

/** Whom it concerns that writers pause, resume or fail. */
export interface WritersOwner {
  /** Writers are to stop: too much waits, or what they write is refused. */
  writingPaused(): void;
  /** Writers may go on. */
  writingResumed(): void;
  /** A method of the producer threw, or returned a promise that rejected. */
  protocolFailed(error: unknown): void;
  /** There is something to do at the end of the next turn. */
  workAtTurnEnd(when: "next"): void;
}

/**
 * Those who write on one connection: the producer, if one is registered, whoever awaits `drained`,
 * and the protocol. They are told together to pause and to go on.
 */
export class Writers {
  readonly #owner: WritersOwner;
  #paused = false;
  #producer: Producer | PullProducer | null = null;
  #streaming = false;
  #drained: PromiseWithResolvers<void> | null = null;
  #stopped: CloseReason | null = null;
  #releasing = false;

  constructor(owner: WritersOwner) {
    this.#owner = owner;
  }

  /** Whether they were told to pause, and not yet to go on. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Why nothing will ever be sent; null as long as something may. */
  get stopped(): CloseReason | null {
    return this.#stopped;
  }

  /** Whether they are being told to go on, though all they write is refused. */
  get releasing(): boolean {
    return this.#releasing;
  }

  get hasProducer(): boolean {
    return this.#producer !== null;
  }

  /** Whether there is a producer that writes only when it is asked. */
  get pulls(): boolean {
    return this.#producer !== null && !this.#streaming;
  }

  register(producer: Producer | PullProducer, streaming: boolean): void {
    if (this.#producer !== null) {
      throw new Error("Cannot register a producer: another one is registered");
    }
    if (this.#stopped !== null) return producer.stopProducing();
    this.#producer = producer;
    this.#streaming = streaming;
    if (streaming && this.#paused) this.#callProducer("pauseProducing");
  }

  unregister(): void {
    this.#producer = null;
  }

  /**
   * As `StreamTransport.drained`.
   *
   * @param ended why the connection has ended, if it has
   * @param acceptsWrites whether what is written is still sent; where not, only the end is awaited
   */
  drained(ended: CloseReason | null, acceptsWrites: boolean): Promise<void> {
    const reason = ended ?? this.#stopped;
    if (reason !== null) return Promise.reject(new ConnectionClosedError(reason));
    if (acceptsWrites && !this.#paused) return Promise.resolve();
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  /** Asks a pull producer for its next piece. */
  pull(): void {
    this.#callProducer("resumeProducing");
  }

  /** More waits than may. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (this.#streaming) this.#callProducer("pauseProducing");
    this.#owner.writingPaused();
  }

  /** There is room again. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#streaming) this.#callProducer("resumeProducing");
    this.#drained?.resolve();
    this.#drained = null;
    this.#owner.writingResumed();
  }

  /**
   * What was written is dropped, because a send has failed. Its writer may wait for `resumeWriting`
   * before it reads on, which is when it hears of the end; who writes again right when it is called
   * does not.
   */
  refuse(): false {
    if (this.#paused) return false;
    this.pause();
    if (this.#stopped !== null && !this.#releasing) this.#owner.workAtTurnEnd("next");
    return false;
  }

  /** Nothing will ever be sent: stops the producer and rejects `drained`. */
  stop(reason: CloseReason): void {
    this.#stopped ??= reason;
    this.#callProducer("stopProducing");
    this.#producer = null;
    this.#drained?.reject(new ConnectionClosedError(reason));
    this.#drained = null;
  }

  /** Stopped writers have nothing to wait for. Called after `stop`. */
  release(): void {
    this.#releasing = true;
    this.resume();
    this.#releasing = false;
  }

  #callProducer(verb: "pauseProducing" | "resumeProducing" | "stopProducing"): void {
    const producer = this.#producer;
    if (producer === null) return;
    try {
      let result: unknown;
      if (verb !== "pauseProducing") result = producer[verb]();
      else if ("pauseProducing" in producer) result = producer.pauseProducing();
      if (result instanceof Promise) result.catch((error) => this.#owner.protocolFailed(error));
    } catch (error) {
      this.#owner.protocolFailed(error);
    }
  }
}
