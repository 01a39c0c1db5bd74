import { asError } from "../reactor/as-error.ts";
import {
  ABORTED,
  type CloseReason,
  ConnectionClosedError,
  DONE,
  SendBufferFullError,
} from "../reactor/close-reason.ts";
import type { StreamOptions } from "../reactor/stream-transport.ts";
import type { TLSError, TLSInfo } from "../reactor/tls.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import { checkTimeout } from "./check-stream-options.ts";
import { CloseTimer, type CloseTimerOwner } from "./close-timer.ts";
import { ProtocolLink, type ProtocolLinkOwner } from "./protocol-link.ts";
import { ReceiveSide } from "./receive-side.ts";
import { SendSide, type SendSideOwner } from "./send-side.ts";
import type { StreamDriver } from "./stream-driver.ts";
import { discardsInput, nextStreamState, type StreamState, takesOutput } from "./stream-state.ts";
import type { PreparedTLS } from "./tls-maker.ts";
import { TLSUpgrade, type TLSUpgradeOwner } from "./tls-upgrade.ts";
import type { TransportContext } from "./transport-context.ts";
import type { TurnParticipant } from "./turn.ts";

/**
 * The life of one connection: how a close proceeds, when it is reported, and which reason is given.
 * It owns the two halves and the link to the protocol, and the one field that says where in its
 * life the connection is.
 */
export class ConnectionLife
  implements SendSideOwner, ProtocolLinkOwner, CloseTimerOwner, TLSUpgradeOwner, TurnParticipant
{
  readonly link: ProtocolLink;
  readonly sending: SendSide;
  readonly receiving: ReceiveSide;
  readonly #driver: StreamDriver;
  readonly #context: TransportContext;
  readonly #owner: { readonly lifeEnded: () => void };
  readonly #closeTimer: CloseTimer;
  #state: StreamState = "open";
  #reason: CloseReason = DONE;
  /** The first sign that the connection is broken; it is the reason once the socket is gone. */
  #fault: Error | null = null;
  #upgrade: TLSUpgrade | null = null;
  #tlsInfo: TLSInfo | null = null;
  #awaitsTurnEnd = false;
  #reportsWriteEnd = false;

  /** @param owner told once, after `connectionLost` */
  constructor(
    driver: StreamDriver,
    context: TransportContext,
    owner: { readonly lifeEnded: () => void },
    options: StreamOptions,
  ) {
    this.#driver = driver;
    this.#context = context;
    this.#owner = owner;
    this.link = new ProtocolLink(this, context.logger);
    this.sending = new SendSide(driver, this, context.turn, options);
    this.receiving = new ReceiveSide(driver, context.turn, this.link, this.sending);
    this.#closeTimer = new CloseTimer(context.clock, this, options.closeTimeoutMs);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Why the connection ended; null as long as it has not. */
  get reason(): CloseReason | null {
    return this.connected ? null : this.#reason;
  }

  /** Whether the protocol has not been, and is not about to be, told of the end. */
  get connected(): boolean {
    return this.#state !== "closed" && this.#state !== "disconnected";
  }

  /** Whether nothing is delivered any more. */
  get disconnecting(): boolean {
    return discardsInput(this.#state);
  }

  get tlsInfo(): TLSInfo | null {
    return this.#tlsInfo;
  }

  /** Whether what the protocol writes is still sent. */
  get acceptsWrites(): boolean {
    return takesOutput(this.#state, this.sending.writers.hasProducer);
  }

  // What the protocol asks for; as `StreamTransport` says.

  lose(timeoutMs: number | undefined): void {
    if (timeoutMs !== undefined) checkTimeout("close", timeoutMs);
    switch (this.#state) {
      case "open":
      case "read-ended":
      case "write-ending":
        this.#moveTo("closing");
        break;
      case "write-ended":
        this.#moveTo("lingering");
        break;
      default:
        if (timeoutMs !== undefined && this.connected) this.#closeTimer.start(timeoutMs);
        return;
    }
    this.#closeTimer.start(timeoutMs);
    this.receiving.discard();
    this.workAtTurnEnd("this");
  }

  loseWrite(): void {
    if (this.#state === "open") this.#moveTo("write-ending");
    else if (this.#state === "read-ended") this.lose(undefined);
    else return;
    this.#reportsWriteEnd = true;
    this.workAtTurnEnd("this");
  }

  startTLS(tls: PreparedTLS): Promise<void> {
    if (this.#state !== "open") {
      return Promise.reject(new Error(`Cannot start TLS on a connection that is ${this.#state}`));
    }
    if (this.#upgrade !== null || this.#tlsInfo !== null) {
      return Promise.reject(new Error("Cannot start TLS on a connection that has it already"));
    }
    const upgrade = new TLSUpgrade(this.#driver, this, tls);
    this.#upgrade = upgrade;
    this.link.tell("tlsStarted");
    if (this.connected) upgrade.begin(this.#context.clock);
    return upgrade.outcome;
  }

  /** What came before its protocol did; where that has asked for TLS already, it came in clear. */
  deliverLeftover(leftover: Buffer): void {
    if (this.receiving.isForTLS) this.upgradeFailed(unreadClearText(leftover.length));
    else this.receiving.deliver(leftover);
  }

  abort(): void {
    if (!this.connected) return;
    this.#end(ABORTED);
    this.#driver.terminate();
  }

  /** Ends the connection with a fault of this side. */
  breakOff(cause: Error): void {
    if (!this.connected) return;
    this.#end({ kind: "lost", cause });
    this.#driver.terminate();
  }

  // What the driver reports; each inside a turn.

  writable(): void {
    this.sending.writable();
    this.#endWritingIfDue();
  }

  readEnded(): void {
    // After a failed send this is how a reset looks; the end of the socket follows, at its time.
    if (this.#fault !== null || this.receiving.keepReadEnd()) return;
    if (this.link.has("readConnectionLost") && this.#state === "open") {
      this.#moveTo("read-ended");
      this.link.tell("readConnectionLost");
      return;
    }
    if (this.#state === "write-ending") this.link.tell("readConnectionLost");
    this.lose(undefined);
  }

  handshakeCompleted(info: TLSInfo): void {
    this.#tlsInfo = info;
    this.#upgrade?.completed();
    this.#upgrade = null;
    this.link.handshakeCompleted(info);
  }

  /** Something broke the connection; its end is reported by itself. */
  failed(error: Error): void {
    this.#fault ??= error;
  }

  socketClosed(error: Error | undefined): void {
    const reason = this.#reasonOfEnd(error);
    const cause = reason.kind === "lost" ? reason.cause : undefined;
    // No answer will ever leave, so none holds up what came before the end.
    this.sending.halt();
    this.receiving.release("answers");
    this.receiving.deliverKept();
    // In a handshake nothing waits for the protocol that would have to come before the end.
    if (this.#upgrade !== null || !this.receiving.keepEnd(cause)) return this.#socketEnded(cause);
    // A kept end is reported when the protocol wants to read on, however late.
    this.#closeTimer.stop();
    this.#giveUpSending(reason);
  }

  // What the halves, the link and the timer report.

  workAtTurnEnd(when: "this" | "next"): void {
    if (this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    if (when === "this") this.#context.turn.add(this);
    else this.#context.turn.addToNext(this);
  }

  writingPaused(): void {
    this.link.tell("pauseWriting");
  }

  writingResumed(): void {
    if (this.receiving.release("answers")) this.workAtTurnEnd("this");
    this.link.tell("resumeWriting");
  }

  sendFailed(): void {
    this.failed(new Error(`Send to ${this.#driver.peer} failed: the connection is broken`));
    // The driver reports the end of the socket by itself, after what the peer had sent before it;
    // but Bun does not while reading is paused, and it is not waited for then.
    if (this.receiving.held) this.workAtTurnEnd("this");
    else this.#closeTimer.start();
  }

  sentBeforeHold(): void {
    this.#upgrade?.cleared();
  }

  upgradeFailed(error: TLSError): void {
    this.breakOff(error);
  }

  sendOverflowed(waitingBytes: number, maxBytes: number): void {
    const detail = `${waitingBytes} bytes wait, of ${maxBytes} allowed`;
    this.breakOff(new SendBufferFullError(`${this.#driver.peer} reads too slowly: ${detail}`));
  }

  protocolFailed(error: unknown): void {
    // A callback that awaited `drained` or `startTLS` says no more than what `connectionLost` says.
    if (!this.connected && this.#isReason(error)) return;
    if (error instanceof ConnectionClosedError && error.reason === this.sending.writers.stopped) {
      return this.#readToEnd();
    }
    const what = `${this.link.protocolName} failed; its connection to ${this.#driver.peer} ends`;
    this.#context.logger.error(what, error);
    this.breakOff(asError(error));
  }

  get progress(): number {
    return this.sending.bytesSent;
  }

  get waitsForPeer(): boolean {
    const waitsForProducer = this.#state === "closing" && this.sending.waitingBytes === 0;
    return !waitsForProducer || this.#fault !== null;
  }

  closeTimedOut(): void {
    if (this.#fault === null) this.abort();
    else this.breakOff(this.#fault);
  }

  turnEnded(): void {
    this.#awaitsTurnEnd = false;
    if (this.#state === "disconnected") return;
    if (this.#state === "closed") return this.#disconnect();
    this.sending.flush();
    this.#endWritingIfDue();
    const end = this.receiving.deliverKept();
    if (end !== null) return this.#socketEnded(end.error);
    if (this.receiving.takeReadEnd()) this.readEnded();
    if (this.#fault === null && !this.receiving.endIsKept) return;
    if (this.receiving.held) this.#giveUpSending(this.#reasonOfEnd(undefined));
    else this.#closeTimer.startOnce();
  }

  /** Sends our end of stream once all before it has left. */
  #endWritingIfDue(): void {
    if (this.#state !== "closing" && this.#state !== "write-ending") return;
    if (!this.sending.idle || this.#fault !== null) return;
    // The state first: where the peer has finished too, the socket closes inside `shutdown`.
    if (this.#state === "closing") {
      this.#moveTo("lingering");
      this.#closeTimer.start();
    } else {
      this.#moveTo("write-ended");
    }
    this.#driver.shutdown();
    if (this.#reportsWriteEnd) this.link.tell("writeConnectionLost");
    this.#reportsWriteEnd = false;
  }

  #socketEnded(error: Error | undefined): void {
    if (!this.connected) return;
    const reason = this.#reasonOfEnd(error);
    if (reason === DONE && this.#state === "write-ended") this.link.tell("readConnectionLost");
    if (this.connected) this.#end(reason);
  }

  #reasonOfEnd(error: Error | undefined): CloseReason {
    const cause = error ?? this.#fault;
    if (cause !== null) return { kind: "lost", cause };
    const waiting = this.sending.waitingBytes;
    if (waiting === 0) return DONE;
    const lost = new Error(`${this.#driver.peer} closed with ${waiting} bytes still to be sent`);
    return { kind: "lost", cause: lost };
  }

  /**
   * Nothing will ever be sent, and the protocol is not to hear of the end yet. Who waits to write,
   * and reads on only then, would wait for ever.
   */
  #giveUpSending(reason: CloseReason): void {
    this.sending.halt();
    this.sending.writers.stop(reason);
    this.sending.writers.release();
  }

  #isReason(error: unknown): boolean {
    if (error instanceof ConnectionClosedError) return true;
    return this.#reason.kind === "lost" && this.#reason.cause === error;
  }

  /** Who paused reading has broken off, and will not resume it: all that has come follows. */
  #readToEnd(): void {
    if (this.receiving.release("protocol")) this.workAtTurnEnd("this");
  }

  /** The socket is gone or is about to be; the protocol learns of it when the turn ends. */
  #end(reason: CloseReason): void {
    this.#reason = reason;
    this.#moveTo("closed");
    this.#closeTimer.stop();
    this.#upgrade?.ended(reason);
    this.sending.halt();
    this.receiving.halt();
    this.#context.turn.add(this);
  }

  #disconnect(): void {
    this.#moveTo("disconnected");
    this.sending.writers.stop(this.#reason);
    this.link.connectionLost(this.#reason);
    this.#owner.lifeEnded();
  }

  #moveTo(state: StreamState): void {
    this.#state = nextStreamState(this.#state, state);
  }
}
