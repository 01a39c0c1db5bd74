import { asError } from "../reactor/as-error.ts";
import {
  ABORTED,
  type CloseReason,
  ConnectionClosedError,
  DONE,
  SendBufferFullError,
} from "../reactor/close-reason.ts";
import type { StreamOptions } from "../reactor/stream-transport.ts";
import type { TLSError } from "../reactor/tls.ts";
import { isUnreadClearText } from "../reactor/unread-clear-text.ts";
import { CloseTimer, type CloseTimerOwner } from "./close-timer.ts";
import { type Gate, handshakeError } from "./gate.ts";
import { Inbox, type ReadHold } from "./inbox.ts";
import {
  type LifeEffect,
  type LifeEvent,
  type LifeState,
  lifeMove,
  MADE,
  MADE_SECURING,
} from "./lifecycle.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import { ProtocolHost } from "./protocol-host.ts";
import type { StreamDriver } from "./stream-driver.ts";
import type { TransportContext } from "./transport-context.ts";
import type { TurnParticipant } from "./turn.ts";

/**
 * How a connection proceeds from its making to `connectionLost`. Where an event leads is decided in
 * `lifecycle.ts`; here the effects are carried out, and the reason of the end is found.
 *
 * A connection is one object, because a server has thousands and each costs what it touches: this
 * class, the one below it and the one above it are its parts. What a quiet connection does not need
 * is made when it is first needed.
 */
export abstract class ConnectionLife
  extends ProtocolHost
  implements OutboxOwner, CloseTimerOwner, TurnParticipant
{
  protected readonly driver: StreamDriver;
  protected readonly context: TransportContext;
  protected readonly outbox: Outbox;
  protected inbox: Inbox | null = null;
  protected gate: Gate | null = null;
  readonly #options: StreamOptions;
  #state: LifeState = MADE;
  #awaitsTurnEnd = false;
  #reason: CloseReason = DONE;
  /** The first sign that the connection is broken; it is the reason once the socket is gone. */
  #fault: Error | null = null;
  #closeTimer: CloseTimer | null = null;

  constructor(driver: StreamDriver, context: TransportContext, options: StreamOptions) {
    super(context.logger);
    this.driver = driver;
    this.context = context;
    this.#options = options;
    this.outbox = new Outbox(driver, this, context.turn, options);
  }

  /** Where it is in its life. */
  get state(): LifeState {
    return this.#state;
  }

  /** Gives on what was kept, as far as nobody holds reading. */
  protected abstract deliverKept(): void;
  /** All that was to leave in clear has left. */
  abstract sentBeforeHold(): void;
  /** It is over; called once, after `connectionLost`. */
  protected abstract lifeEnded(): void;

  /** Why the connection ended; null as long as it has not. */
  get reason(): CloseReason | null {
    return this.#state.connected ? null : this.#reason;
  }

  /** Ends a connection that cannot send any more, for the reason that it cannot. */
  protected breakOffBroken(): void {
    if (this.#state.output === "broken" && this.#fault !== null) this.breakOff(this.#fault);
  }

  /** Whether what the protocol writes is still taken; a producer may finish what it has begun. */
  protected get acceptsWrites(): boolean {
    const { output, delivers, endIsDue } = this.#state;
    if (output === "open") return true;
    // Who writes where nothing will ever leave again is told so by the outbox.
    return output === "broken" ? delivers : endIsDue && this.outbox.hasProducer;
  }

  protected get isHeld(): boolean {
    return this.inbox !== null && this.inbox.held;
  }

  /** A pause that comes while writers are told to go on, in vain, would last for ever. */
  protected holdReading(by: ReadHold): void {
    if (!this.#state.delivers || this.outbox.releasing) return;
    this.inbox ??= new Inbox();
    if (this.inbox.hold(by)) this.driver.pause();
  }

  protected releaseReading(by: ReadHold): void {
    if (this.inbox === null || !this.inbox.release(by)) return;
    this.driver.resume();
    this.workAtTurnEnd("this");
  }

  /** Goes where `event` leads, and does what follows from it. */
  protected move(event: LifeEvent): void {
    const { to, effects } = lifeMove(this.#state, event);
    this.#state = to;
    for (const effect of effects) {
      // An effect may end the connection; that our end of stream has left is told all the same.
      if (this.#state.connected || effect === "tellWriteEnd") this.#carryOut(effect);
    }
  }

  /** Begins as a connection that is secured before it has a protocol. */
  protected beginSecuring(): void {
    this.#state = MADE_SECURING;
  }

  protected lose(timeoutMs: number | undefined): void {
    this.move("lose");
    if (timeoutMs !== undefined && this.#state.connected) this.#timer.start(timeoutMs);
    this.workAtTurnEnd("this");
  }

  protected loseWrite(): void {
    this.move("loseWrite");
    this.workAtTurnEnd("this");
  }

  protected abort(): void {
    if (!this.#state.connected) return;
    this.end(ABORTED);
    this.driver.terminate();
  }

  /** Ends the connection with a fault of this side. */
  protected breakOff(cause: Error): void {
    if (!this.#state.connected) return;
    this.end({ kind: "lost", cause });
    this.driver.terminate();
  }

  /** Closes a connection that has no protocol to be told of it. */
  protected closeUnserved(): void {
    if (!this.#state.connected) return;
    this.end(DONE);
    this.driver.close();
  }

  /** The socket is gone or is about to be; the protocol learns of it when the turn ends. */
  protected end(reason: CloseReason): void {
    this.#reason = reason;
    this.move("ended");
    this.context.turn.add(this);
    this.#closeTimer?.stop();
    this.gate?.ended(reason);
    this.outbox.halt();
    this.inbox?.discard();
  }

  /** Something broke the connection; its end is reported by itself. */
  failed(error: Error): void {
    this.#fault ??= error;
  }

  /** The reason of an end that the socket reports with `error`, or without one. */
  protected reasonOfEnd(error: Error | undefined): CloseReason {
    const cause = error ?? this.#fault;
    if (this.#state.isSecuring) return { kind: "lost", cause: handshakeError(cause) };
    if (cause !== null) return { kind: "lost", cause };
    const waiting = this.outbox.waitingBytes;
    if (waiting === 0) return DONE;
    const lost = new Error(`${this.driver.peer} closed with ${waiting} bytes still to be sent`);
    return { kind: "lost", cause: lost };
  }

  /**
   * The socket is gone, and the protocol, which paused reading, is not to hear of it yet. Who waits
   * to write, and reads on only then, would wait for ever.
   */
  protected keepEnded(reason: CloseReason): void {
    this.move("sendFailed");
    this.#closeTimer?.stop();
    this.#stopWriting(reason);
  }

  // What the outbox, the timer and the turn report.

  workAtTurnEnd(when: "this" | "next"): void {
    if (this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    if (when === "this") this.context.turn.add(this);
    else this.context.turn.addToNext(this);
  }

  writingPaused(): void {
    this.tell("pauseWriting");
  }

  writingResumed(): void {
    this.releaseReading("answers");
    this.tell("resumeWriting");
  }

  sendFailed(): void {
    const fault = new Error(`Send to ${this.driver.peer} failed: the connection is broken`);
    this.#fault ??= fault;
    // No handshake can be completed any more, and what came before it is not for the protocol.
    if (this.#state.isSecuring) return this.breakOff(this.#fault);
    this.move("sendFailed");
    // The driver reports the end of the socket by itself, after what the peer had sent before it;
    // but Bun does not while reading is paused, and it is not waited for then.
    if (this.isHeld) this.workAtTurnEnd("this");
    else this.#timer.start();
  }

  sendOverflowed(waitingBytes: number, maxBytes: number): void {
    this.breakOff(
      new SendBufferFullError(
        `${waitingBytes} bytes wait to be sent to ${this.driver.peer}, of ${maxBytes} allowed: ` +
          "write only while `write` returns true, then wait for `drained()` or `resumeWriting`",
      ),
    );
  }

  chunkChanged(): void {
    this.protocolFailed(
      new Error(
        `A chunk written to ${this.driver.peer} has changed its length before it was sent: ` +
          "what is written must not be transferred or resized",
      ),
    );
  }

  protocolFailed(thrown: unknown): void {
    const error = asError(thrown);
    // A callback that awaited `drained` or `startTLS` says no more than what `connectionLost` says.
    if (!this.#state.connected && this.#isReason(error)) return;
    if (error instanceof ConnectionClosedError && error.reason === this.outbox.stopped) {
      // Who paused reading has broken off, and will not resume it: all that has come follows.
      return this.releaseReading("protocol");
    }
    if (isUnreadClearText(error)) return this.clearTextCame(error);
    const what = `${this.protocolName} failed; its connection to ${this.driver.peer} ends`;
    this.context.logger.error(what, error);
    this.breakOff(error);
  }

  /** That is the peer's doing, and no fault of a protocol that says so. */
  protected clearTextCame(error: TLSError): void {
    if (!this.#state.connected) return;
    this.context.logger.warn(`The connection to ${this.driver.peer} ends: ${error.message}`);
    this.breakOff(error);
  }

  get progress(): number {
    return this.outbox.bytesSent - (this.driver.unacknowledgedBytes ?? 0);
  }

  get waitsForPeer(): boolean {
    const waitsForProducer = this.#state.endIsDue && this.outbox.waitingBytes === 0;
    return !waitsForProducer || this.#fault !== null;
  }

  closeTimedOut(): void {
    if (this.#fault !== null) return this.breakOff(this.#fault);
    if (this.#state.output !== "ended" || (this.driver.unacknowledgedBytes ?? 0) > 0) {
      return this.abort();
    }
    // All has left us, and as far as we know has arrived: a reset could only take it away again.
    this.end(ABORTED);
    this.driver.close();
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    if (this.#state.phase === "over") return;
    if (this.#state.phase === "gone") return this.#disconnect();
    this.outbox.flush();
    this.#endWritingIfDue();
    this.deliverKept();
    if (!this.#state.connected || (this.#fault === null && !this.#hasKeptEnd)) return;
    if (this.isHeld) this.#stopWriting(this.reasonOfEnd(undefined));
    else this.#timer.startOnce();
  }

  turnFailed(error: unknown): void {
    this.protocolFailed(error);
  }

  /** The kernel may take more. */
  protected sendOn(): void {
    this.outbox.writable();
    this.#endWritingIfDue();
  }

  /** Our end of stream follows once all before it has left. */
  #endWritingIfDue(): void {
    if (this.#state.endIsDue && this.outbox.idle && this.#fault === null) this.move("flushed");
  }

  get #hasKeptEnd(): boolean {
    return this.inbox !== null && this.inbox.hasSocketEnd;
  }

  /** Nothing will ever be sent: whoever waits to write must not wait any longer. */
  #stopWriting(reason: CloseReason): void {
    this.outbox.halt();
    this.outbox.writers.stop(reason);
    this.outbox.writers.release();
  }

  #carryOut(effect: LifeEffect): void {
    switch (effect) {
      case "discard":
        this.releaseReading("protocol");
        this.releaseReading("answers");
        this.inbox?.discard();
        break;
      case "awaitPeer":
        this.#timer.start();
        break;
      case "shutDown":
        this.driver.shutdown();
        break;
      case "tellReadEnd":
        this.tell("readConnectionLost");
        break;
      case "tellWriteEnd":
        this.tell("writeConnectionLost");
        break;
    }
  }

  #disconnect(): void {
    this.move("told");
    this.outbox.stopWriters(this.#reason);
    this.tellConnectionLost(this.#reason);
    this.lifeEnded();
  }

  #isReason(error: Error): boolean {
    if (error instanceof ConnectionClosedError) return true;
    return this.#reason.kind === "lost" && this.#reason.cause === error;
  }

  get #timer(): CloseTimer {
    this.#closeTimer ??= new CloseTimer(this.context.clock, this, this.#options.closeTimeoutMs);
    return this.#closeTimer;
  }
}
