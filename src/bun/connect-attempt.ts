import type { Address } from "../reactor/address.ts";
import type { ConnectAttempt, ConnectAttemptOwner } from "../transport/connect-candidate.ts";
import {
  type BunConnectWhere,
  type BunSocket,
  bunConnect,
  IGNORED,
  type SocketOpener,
} from "./bun-socket.ts";
import { BunStreamDriver } from "./bun-stream-driver.ts";
import { releaseDescriptor } from "./release-descriptor.ts";

/**
 * What it means that a socket opens. Bun opens a descriptor inside the call that hands it over,
 * before the owner knows of the attempt: one that is still connecting (`connecting`), or one that
 * somebody else connected (`adopted`).
 */
type HowItOpens = "connected" | "connecting" | "adopted";

/**
 * One try to connect to one address. Bun can neither cancel a pending connect nor time it out, so
 * one that was given up may still open later, and is then ended at once.
 */
export class BunConnectAttempt implements ConnectAttempt, SocketOpener {
  readonly #owner: ConnectAttemptOwner;
  readonly #peer: Address;
  readonly #hostOf: (socket: BunSocket) => Address;
  readonly #opens: HowItOpens;
  #state: "waiting" | "settled" = "waiting";
  #socket: BunSocket | null = null;

  /**
   * @param peer what it connects to
   * @param hostOf our own end of the connected socket
   * @param opens what it means that a socket opens; `connected` by default
   */
  constructor(
    where: BunConnectWhere,
    peer: Address,
    hostOf: (socket: BunSocket) => Address,
    owner: ConnectAttemptOwner,
    opens: HowItOpens = "connected",
  ) {
    this.#owner = owner;
    this.#peer = peer;
    this.#hostOf = hostOf;
    this.#opens = opens;
    bunConnect(where, this).catch((error: unknown) => this.#refused(where, error));
  }

  /** Ends the attempt without another word to its owner. */
  giveUp(): void {
    if (this.#state === "settled") return;
    this.#state = "settled";
    this.#socket?.terminate();
  }

  opened(socket: BunSocket): void {
    this.#socket = socket;
    if (this.#state === "settled") socket.terminate();
    else if (this.#opens === "connected") this.#succeed(socket);
    else if (this.#opens === "adopted") setImmediate(() => this.#succeed(socket));
  }

  /**
   * A descriptor becomes writable once it is connected, and also when it has failed: then it has no
   * peer, and what there is to read, or the error, follows.
   */
  writable(): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (this.#opens === "adopted" || socket.remoteAddress !== undefined) this.#succeed(socket);
  }

  /** There was a connection, even where it has been reset since and has no peer any more. */
  received(data: Buffer): void {
    if (this.#socket !== null) this.#succeed(this.#socket);
    this.#passOn()?.received(data);
  }

  /** TLS begins only once there is a connection. */
  handshakeCompleted(): void {}

  readEnded(): void {
    if (this.#socket !== null) this.#succeed(this.#socket);
    this.#passOn()?.readEnded();
  }

  closed(error?: Error): void {
    this.#fail(error ?? new Error("The connection was closed while it was being made"));
  }

  failed(error: Error): void {
    this.#fail(error);
  }

  /** Bun has closed what it has opened. A descriptor that it did not take it leaves alone. */
  #refused(where: BunConnectWhere, error: unknown): void {
    if (!("fd" in where) || this.#socket !== null) return this.#fail(error);
    if (this.#opens === "connecting") releaseDescriptor(where.fd);
    this.#fail(new Error("the runtime does not take the descriptor: it may serve it already"));
  }

  #succeed(socket: BunSocket): void {
    if (this.#state === "settled") return;
    this.#state = "settled";
    socket.data = IGNORED;
    this.#owner.attemptSucceeded(new BunStreamDriver(socket, this.#peer, this.#hostOf(socket)));
  }

  #fail(error: unknown): void {
    if (this.#state === "settled") return;
    this.#state = "settled";
    this.#owner.attemptFailed(error);
  }

  /** Whoever listens now, when it is no longer this attempt. */
  #passOn() {
    const listener = this.#socket?.data;
    return listener === this ? undefined : listener;
  }
}
