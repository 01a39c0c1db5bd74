import { asError } from "../reactor/as-error.ts";
import { ConnectionClosedError, DONE } from "../reactor/close-reason.ts";
import type { TLSError, TLSInfo } from "../reactor/tls.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import { ConnectionLife } from "./connection-life.ts";
import { Inbox } from "./inbox.ts";
import { Gate, type GateOwner, handshakeError } from "./gate.ts";
import { type LifeState, mayStartTLS } from "./lifecycle.ts";
import type { PreparedTLS } from "./tls-maker.ts";

/**
 * How much a protocol is given at once, of the 512 KiB that Bun may read. Answers hold up reading
 * only between two pieces: so even those of 250 times the length of their requests stay within the
 * hard limit of what may wait to be sent.
 */
export const MAX_DELIVERED_BYTES = 65_536;

/**
 * The part of a connection that receives: what comes in is delivered in order, or kept while
 * somebody holds reading; and nothing of it crosses the border between clear text and TLS.
 */
export abstract class ReceivingConnection extends ConnectionLife implements GateOwner {
  #bytesReceived = 0;
  #tlsInfo: TLSInfo | null = null;

  get tlsInfo(): TLSInfo | null {
    return this.#tlsInfo;
  }

  protected get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** It was secured before it had a protocol. */
  protected abstract madeSecure(): void;

  // What the driver reports; each inside a turn.

  protected takeIn(data: Buffer): void {
    this.#bytesReceived += data.length;
    const { inbox, state } = this;
    if (!state.delivers) return;
    if (state.isSecuring) return this.clearTextCame(unreadClearText(data.length));
    if (data.length > MAX_DELIVERED_BYTES || (inbox !== null && !inbox.isOpen)) {
      this.#keep().push(data);
    } else {
      this.#deliver(data);
    }
    if (this.inbox !== null) this.deliverKept();
  }

  protected peerEnds(): void {
    if (this.state.isSecuring) return this.handshakeFailed(handshakeError(null));
    if (this.isHeld) this.#keep().pushReadEnd();
    else this.#tellPeerEnded();
  }

  protected socketClosed(error: Error | undefined): void {
    const reason = this.reasonOfEnd(error);
    // In a handshake nothing waits for the protocol that would have to come before the end.
    if (this.state.isSecuring) return this.end(reason);
    // No answer will ever leave, so none holds up what came before the end.
    this.outbox.halt();
    this.releaseReading("answers");
    const cause = reason.kind === "lost" ? reason.cause : undefined;
    if (this.inbox === null) return this.#socketEnded(cause);
    this.inbox.pushSocketEnd({ error: cause });
    this.deliverKept();
    if (this.state.connected) this.keepEnded(reason);
  }

  protected handshakeDone(info: TLSInfo): void {
    this.move("secured");
    this.#tlsInfo = info;
    this.inbox?.release("handshake");
    if (this.isHeld) this.driver.pause();
    this.outbox.releaseHold();
    this.gate?.completed();
    this.gate = null;
    if (this.protocol === null) this.madeSecure();
    else this.tellHandshakeCompleted(info);
  }

  // What the protocol asks for.

  /** As `StreamTransport.startTLS`. */
  protected startUpgrade(tls: PreparedTLS): Promise<void> {
    // What still comes is not for a protocol that has finished speaking in clear.
    this.breakOffBroken();
    if (!mayStartTLS(this.state)) return Promise.reject(this.#cannotStartTLS());
    const gate = new Gate(tls, this.context.clock, this);
    this.gate = gate;
    this.move("startTLS");
    this.tell("tlsStarted");
    const keptBytes = this.inbox === null ? 0 : this.inbox.bytes;
    if (keptBytes > 0) this.clearTextCame(unreadClearText(keptBytes));
    if (!this.state.connected) return gate.outcome;
    // What the peer sends from now on is meant for TLS, not for the protocol.
    if (this.#keep().hold("handshake")) this.driver.pause();
    this.outbox.holdAfterWaiting();
    return gate.outcome;
  }

  /** Secures it before it has a protocol. */
  protected secureFirst(tls: PreparedTLS): void {
    this.gate = new Gate(tls, this.context.clock, this);
    this.beginSecuring();
    this.#shakeHands(tls);
  }

  /** What another protocol has left comes before all else that waits. */
  protected takeBack(leftover: Buffer): void {
    if (!this.state.delivers || leftover.length === 0) return;
    if (this.state.isSecuring) return this.clearTextCame(unreadClearText(leftover.length));
    this.#keep().pushFront(leftover);
    this.workAtTurnEnd("this");
  }

  sentBeforeHold(): void {
    if (this.gate === null) return;
    this.move("cleared");
    // The handshake reads by itself, also while the protocol wants nothing.
    this.driver.resume();
    this.#shakeHands(this.gate.tls);
  }

  handshakeFailed(error: TLSError): void {
    this.breakOff(error);
  }

  protected deliverKept(): void {
    const { inbox, outbox } = this;
    if (inbox === null) return;
    const isCut = inbox.bytes > MAX_DELIVERED_BYTES;
    if (isCut && !this.has("pauseWriting") && !outbox.hasProducer) this.#deliverPieces(inbox);
    else this.#deliverAll(inbox);
    if (inbox.takeReadEnd()) this.#tellPeerEnded();
    const end = inbox.takeSocketEnd();
    if (end !== null) this.#socketEnded(end.error);
  }

  #shakeHands(tls: PreparedTLS): void {
    try {
      this.driver.startTLS(tls);
    } catch (error) {
      this.handshakeFailed(handshakeError(asError(error)));
    }
  }

  #deliverAll(inbox: Inbox): void {
    for (;;) {
      const piece = inbox.takeBytes(MAX_DELIVERED_BYTES);
      if (piece === null) return;
      this.#deliver(piece);
    }
  }

  /** The answers to all pieces of one read leave together, unless they pile up. */
  #deliverPieces(inbox: Inbox): void {
    const { outbox } = this;
    const writtenBefore = outbox.bytesWritten;
    outbox.startGathering();
    this.#deliverAll(inbox);
    outbox.stopGathering();
    this.#holdIfAnswered(writtenBefore);
  }

  #deliver(data: Buffer): void {
    const writtenBefore = this.outbox.bytesWritten;
    this.tellDataReceived(data);
    this.#holdIfAnswered(writtenBefore);
  }

  /**
   * The protocol answers faster than the peer reads. Unless it minds the water marks itself, its
   * peer must read answers before it may ask for more; nothing is lost and memory stays bounded.
   */
  #holdIfAnswered(writtenBefore: number): void {
    const { outbox } = this;
    if (!outbox.pilesUp || outbox.bytesWritten === writtenBefore) return;
    if (!this.has("pauseWriting")) this.holdReading("answers");
  }

  #tellPeerEnded(): void {
    this.move(this.has("readConnectionLost") ? "peerEnded" : "peerEndedUnaware");
    this.workAtTurnEnd("this");
  }

  #socketEnded(error: Error | undefined): void {
    const { input, output, connected } = this.state;
    if (!connected) return;
    const reason = this.reasonOfEnd(error);
    if (reason === DONE && input === "open" && output === "ended") {
      this.#tellPeerEnded();
      if (!this.state.connected) return;
      if (this.isHeld) return this.#keep().pushSocketEnd({ error });
    }
    this.end(reason);
  }

  #keep(): Inbox {
    this.inbox ??= new Inbox();
    return this.inbox;
  }

  #cannotStartTLS(): Error {
    const { state, reason } = this;
    if (reason !== null) return new ConnectionClosedError(reason);
    return new Error(`Cannot start TLS on a connection that is ${whyNotSecured(state)}`);
  }
}

function whyNotSecured({ input, output, security }: LifeState): string {
  if (input === "discarded") return "closing";
  if (security === "secured") return "secured already";
  if (security !== "clear") return "being secured";
  return output === "broken" ? "broken" : "half-closed";
}
