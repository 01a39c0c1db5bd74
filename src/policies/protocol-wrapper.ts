import { asError } from "../reactor/as-error.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";
import { unreadClearText } from "../reactor/unread-clear-text.ts";
import { ForwardingTransport } from "./forwarding-transport.ts";
import { forwardOptionalCallbacks, type OptionalCallback } from "./optional-callbacks.ts";

/** Which way bytes go, as the program sees it. */
export type StreamDirection = "reading" | "writing";

/**
 * Stands between a connection and a protocol: what the connection calls, and the transport of the
 * inner protocol. It passes everything on; subclass it and override what the policy is about, in
 * either direction. An error thrown by the inner protocol goes on to the connection, which ends.
 *
 * It has those of the optional callbacks that the inner protocol has, because having one means
 * something: a wrapper of a protocol that is not half-close aware is not either. A subclass that
 * has one as a method of its own has it always. Those about TLS mean nothing, and are always there.
 */
export class ProtocolWrapper extends ForwardingTransport implements ConnectionCallbacks {
  #inner: ConnectionCallbacks;
  #ended = false;
  /** Who wants reading to stop. */
  #heldByProtocol = false;
  #heldByPolicy = false;
  /** What the protocol gets before all that comes: as a rule what `switchProtocol` left over. */
  readonly #unread: Buffer[] = [];
  /** A callback of the protocol is under way; what is unread will be delivered after it. */
  #isCalling = false;
  /** Whether bytes would be in clear though TLS was asked for: there are none in a handshake. */
  #isInHandshake = false;
  /** What this policy has wait for its time. */
  readonly #heldUp: Record<StreamDirection, boolean> = { reading: false, writing: false };

  static {
    const has = (wrapper: ProtocolWrapper, name: OptionalCallback) =>
      wrapper.#inner[name] !== undefined;
    forwardOptionalCallbacks(this.prototype, has, (wrapper, name) => {
      wrapper.passingOn(name);
      return wrapper.#within(() => wrapper.#inner[name]?.());
    });
  }

  constructor(inner: ConnectionCallbacks) {
    super();
    this.#inner = inner;
  }

  /** The protocol, or the next wrapper, inside of this one. */
  protected get inner(): ConnectionCallbacks {
    return this.#inner;
  }

  /** The protocol inside of all wrappers. */
  get innermost(): ConnectionCallbacks {
    return this.#inner.innermost ?? this.#inner;
  }

  // What the connection calls.

  makeConnection(transport: StreamTransport): void {
    this.transport = transport;
    return this.#within(() => this.#inner.makeConnection(this)) as void;
  }

  /** @throws {TLSError} when the bytes came in clear after `startTLS` */
  dataReceived(data: Buffer): void {
    if (this.#isInHandshake) throw unreadClearText(data.length);
    if (this.#isCalling || this.#unread.length > 0) {
      // Behind what came before it. That a protocol paused is no matter: the connection reads on.
      this.#unread.push(data);
      return this.#deliverUnread({ despitePause: true });
    }
    let result: unknown;
    this.#isCalling = true;
    try {
      result = this.#inner.dataReceived(data);
    } finally {
      this.#isCalling = false;
    }
    if (this.#unread.length > 0) this.#deliverUnread();
    return result as void;
  }

  connectionLost(reason: CloseReason): void {
    this.#ended = true;
    return this.#inner.connectionLost(reason);
  }

  /** @throws {TLSError} when something that came in clear was not read */
  tlsStarted(): void {
    const unreadBytes = this.#unread.reduce((sum, { length }) => sum + length, 0);
    if (unreadBytes > 0) throw unreadClearText(unreadBytes);
    this.#isInHandshake = true;
    return this.#inner.tlsStarted?.();
  }

  handshakeCompleted(info: TLSInfo): void {
    this.#isInHandshake = false;
    return this.#within(() => this.#inner.handshakeCompleted?.(info)) as void;
  }

  readConnectionLost?(): void;
  writeConnectionLost?(): void;
  pauseWriting?(): void;
  resumeWriting?(): void;
  draining?(): void;

  // What the inner protocol calls, besides what is only passed on.

  override pauseProducing(): void {
    const held = this.#isReadingHeld;
    this.#heldByProtocol = true;
    if (!held) this.transport.pauseProducing();
  }

  override resumeProducing(): void {
    this.#heldByProtocol = false;
    this.#deliverUnread();
    if (!this.#isReadingHeld) this.transport.resumeProducing();
  }

  override get disconnecting(): boolean {
    return this.#ended || this.transport.disconnecting;
  }

  /**
   * The policy stays: only what is inside of it changes. `leftover` goes past it, because it has
   * seen these bytes before: inside of a callback once that has returned, and otherwise at once.
   */
  override switchProtocol(next: ConnectionCallbacks, leftover?: Buffer): void {
    if (this.#ended) return;
    const { length } = leftover ?? "";
    if (length > 0 && this.#isInHandshake) return this.#fail(unreadClearText(length));
    // In front of all else: it came before that.
    if (leftover !== undefined && length > 0) this.#unread.unshift(leftover);
    this.#inner = next;
    this.call(() => next.makeConnection(this));
  }

  // What is for subclasses.

  /** One of its optional callbacks is about to be passed on. Override it to see them. */
  protected passingOn(_name: OptionalCallback): void {}

  /**
   * Calls the inner protocol outside of the connection's own calls, such as in a timer: what it
   * throws, or rejects with, ends the connection with that error as the cause.
   */
  protected call(callback: () => unknown): void {
    try {
      const result = this.#within(callback);
      if (result instanceof Promise) result.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether the inner protocol has paused reading. */
  protected get readingPaused(): boolean {
    return this.#heldByProtocol;
  }

  /** Stops reading, whatever the inner protocol wants, until `releaseReading`. */
  protected holdReading(): void {
    const held = this.#isReadingHeld;
    this.#heldByPolicy = true;
    if (!held) this.transport.pauseProducing();
  }

  /** Reading goes on, unless the inner protocol has paused it. */
  protected releaseReading(): void {
    if (!this.#heldByPolicy) return;
    this.#heldByPolicy = false;
    if (!this.#isReadingHeld) this.transport.resumeProducing();
  }

  /** Whether `holdReading` was called, and `releaseReading` was not since. */
  protected get holdsReading(): boolean {
    return this.#heldByPolicy;
  }

  /**
   * Says that this policy has bytes wait for their time, or no longer has. While it does the
   * connection is not idle: the other policies around the same protocol can ask `isHeldUp`, and
   * hear of each change in `heldUpChanged`.
   */
  protected holdUp(direction: StreamDirection, isHeldUp: boolean): void {
    if (this.#heldUp[direction] === isHeldUp) return;
    this.#heldUp[direction] = isHeldUp;
    for (let at: unknown = this.#outermost; at instanceof ProtocolWrapper; at = at.#inner) {
      const policy = at;
      policy.call(() => policy.heldUpChanged(direction));
    }
  }

  /** Whether any policy of this connection, within or around this one, has bytes wait. */
  protected isHeldUp(direction: StreamDirection): boolean {
    for (let at: unknown = this.#outermost; at instanceof ProtocolWrapper; at = at.#inner) {
      if (at.#heldUp[direction]) return true;
    }
    return false;
  }

  /** A policy of this connection called `holdUp`. Override it to hear of that. */
  protected heldUpChanged(_direction: StreamDirection): void {}

  get #outermost(): ProtocolWrapper {
    return this.transport instanceof ProtocolWrapper ? this.transport.#outermost : this;
  }

  get #isReadingHeld(): boolean {
    return this.#heldByProtocol || this.#heldByPolicy;
  }

  /** Calls the inner protocol. What it leaves over is delivered after the outermost such call. */
  #within(callback: () => unknown): unknown {
    const isInCallback = this.#isCalling;
    let result: unknown;
    this.#isCalling = true;
    try {
      result = callback();
    } finally {
      this.#isCalling = isInCallback;
    }
    this.#deliverUnread();
    return result;
  }

  /** In a loop: whoever gets some of it may leave that over, as often as the peer likes. */
  #deliverUnread({ despitePause = false } = {}): void {
    while (!this.#isCalling && (despitePause || !this.#heldByProtocol) && !this.disconnecting) {
      const data = this.#unread.shift();
      if (data === undefined) return;
      this.#isCalling = true;
      this.call(() => this.#inner.dataReceived(data));
      this.#isCalling = false;
    }
  }

  #fail(error: unknown): void {
    this.transport.abortConnection(asError(error));
  }
}
