import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";

/** What a `RecordingProtocol` does inside its callbacks, after recording that they were called. */
export interface Actions {
  connectionMade?(protocol: RecordingProtocol): unknown;
  dataReceived?(protocol: RecordingProtocol, data: Buffer): unknown;
  connectionLost?(protocol: RecordingProtocol, reason: CloseReason): unknown;
  readConnectionLost?(protocol: RecordingProtocol): unknown;
  writeConnectionLost?(protocol: RecordingProtocol): unknown;
  pauseWriting?(protocol: RecordingProtocol): unknown;
  resumeWriting?(protocol: RecordingProtocol): unknown;
  draining?(protocol: RecordingProtocol): unknown;
}

/** An action that does nothing, for having an optional callback at all. */
export function noAction(): void {}

/**
 * Records its callbacks in order and acts inside them as a test says. It has those of the optional
 * callbacks for which it was given an action.
 */
export class RecordingProtocol extends Protocol {
  /** The names of the callbacks; `dataReceived` once for each run of chunks. */
  readonly events: string[] = [];
  /** The callbacks that came while a test was inside `calling`. */
  readonly calledInside: string[] = [];
  reason: CloseReason | null = null;
  readonly #actions: Actions;
  readonly #chunks: Buffer[] = [];
  #waiting: { readonly check: () => boolean; readonly done: () => void }[] = [];
  #callDepth = 0;

  constructor(actions: Actions = {}) {
    super();
    this.#actions = actions;
    const { readConnectionLost, writeConnectionLost, pauseWriting, resumeWriting } = actions;
    if (readConnectionLost) {
      this.readConnectionLost = () => this.#record("readConnectionLost", readConnectionLost);
    }
    if (writeConnectionLost) {
      this.writeConnectionLost = () => this.#record("writeConnectionLost", writeConnectionLost);
    }
    if (pauseWriting) this.pauseWriting = () => this.#record("pauseWriting", pauseWriting);
    if (resumeWriting) this.resumeWriting = () => this.#record("resumeWriting", resumeWriting);
    const { draining } = actions;
    if (draining) this.draining = () => this.#record("draining", draining);
  }

  /** The transport, for the test to call. */
  get connection(): StreamTransport {
    return this.transport;
  }

  /** All bytes received. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get receivedBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Runs `call`; callbacks that come inside it are noted in `calledInside`. */
  calling(call: () => void): void {
    this.#callDepth++;
    try {
      call();
    } finally {
      this.#callDepth--;
    }
  }

  /** Resolves once `check` holds: now, or after one of the callbacks. */
  until(check: () => boolean): Promise<void> {
    if (check()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ check, done: resolve });
    return promise;
  }

  /** Resolves with the reason once `connectionLost` was called. */
  async lost(): Promise<CloseReason> {
    await this.until(() => this.reason !== null);
    if (this.reason === null) throw new Error("Not lost after all");
    return this.reason;
  }

  /** Resolves once these bytes, or more, have come. */
  receives(byteCount: number): Promise<void> {
    return this.until(() => this.receivedBytes >= byteCount);
  }

  override connectionMade(): void {
    return this.#record("connectionMade", this.#actions.connectionMade);
  }

  override dataReceived(data: Buffer): void {
    this.#chunks.push(data);
    const { dataReceived } = this.#actions;
    return this.#record("dataReceived", dataReceived && (() => dataReceived(this, data)));
  }

  override connectionLost(reason: CloseReason): void {
    this.reason = reason;
    const { connectionLost } = this.#actions;
    return this.#record("connectionLost", connectionLost && (() => connectionLost(this, reason)));
  }

  /** Returns what the action does, so that a promise of it is seen by the transport. */
  #record(name: string, action?: (protocol: RecordingProtocol) => unknown): void {
    if (this.#callDepth > 0) this.calledInside.push(name);
    if (name !== "dataReceived" || this.events.at(-1) !== name) this.events.push(name);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.check()) waiter.done();
      else this.#waiting.push(waiter);
    }
    return action?.(this) as void;
  }
}
