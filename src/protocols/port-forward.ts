import type { Address } from "../reactor/address.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { StreamClientEndpoint } from "../reactor/endpoint.ts";
import { Factory } from "../reactor/factory.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";

/** What else a forwarder does. */
export interface PortForwardOptions {
  /**
   * Puts policies around the connection to the target, such as a PROXY header that names the
   * client. Called once for each client, before connecting, with the client's connection.
   */
  readonly targetPolicies?: (
    factory: Factory<Protocol>,
    client: StreamTransport,
  ) => Factory<Protocol>;
  /** Told why a client was not connected to the target, when it was aborted for that. */
  readonly connectFailed?: (error: unknown, client: Address) => void;
}

/**
 * Connects each client to `target`, and passes on what either sends to the other, as well as the
 * ends: a half-close as a half-close, a lost connection as an abort. A client is not read until the
 * target is connected, and aborted when that fails. Whoever sends faster than the other reads is
 * paused, so that no more waits than the write limits of the connections and one chunk. Once one
 * connection has ended, the other has its close timeout to take what is left.
 */
export function portForward(
  target: StreamClientEndpoint,
  options: PortForwardOptions = {},
): Factory<Protocol> {
  return new Factory(() => new ForwardedClient(target, options));
}

/** One of two connections that are joined. */
class ForwardedEnd extends Protocol {
  #other: ForwardedEnd | null = null;

  /** From now on what comes here goes there, and the other way round. */
  protected join(other: ForwardedEnd): void {
    this.#other = other;
    other.#other = this;
  }

  override dataReceived(data: Buffer): void {
    this.#other?.transport.write(data);
  }

  override readConnectionLost(): void {
    this.#other?.transport.loseWriteConnection();
  }

  override pauseWriting(): void {
    this.#other?.transport.pauseProducing();
    // A broken connection tells of its end only when it is read on; but while the other end is full
    // too, nobody does.
    this.transport.drained().catch(() => this.transport.resumeProducing());
  }

  override resumeWriting(): void {
    this.#other?.transport.resumeProducing();
  }

  override connectionLost(reason: CloseReason): void {
    const other = this.#other;
    if (reason.kind === "done") other?.transport.loseConnection();
    else other?.transport.abortConnection();
  }
}

/** The connection that was accepted. */
class ForwardedClient extends ForwardedEnd {
  readonly #target: StreamClientEndpoint;
  readonly #options: PortForwardOptions;
  readonly #cancelling = new AbortController();

  constructor(target: StreamClientEndpoint, options: PortForwardOptions) {
    super();
    this.#target = target;
    this.#options = options;
  }

  override async connectionMade(): Promise<void> {
    this.transport.pauseProducing();
    const build = () => new ForwardedTarget((target) => this.#connected(target));
    const { targetPolicies = (factory: Factory<Protocol>) => factory } = this.#options;
    const factory = targetPolicies(new Factory<Protocol>(build), this.transport);
    const { signal } = this.#cancelling;
    await this.#target.connect(factory, { signal }).catch((error: unknown) => this.#failed(error));
  }

  override connectionLost(reason: CloseReason): void {
    this.#cancelling.abort();
    super.connectionLost(reason);
  }

  #connected(target: ForwardedTarget): void {
    // An endpoint need not notice the signal any more when it is connected already.
    if (this.#cancelling.signal.aborted) return target.abort();
    this.join(target);
    this.transport.resumeProducing();
  }

  #failed(error: unknown): void {
    // Cancelled because the client has gone: that is no failure.
    if (this.#cancelling.signal.aborted) return;
    this.transport.abortConnection();
    this.#options.connectFailed?.(error, this.transport.getPeer());
  }
}

/** The connection to the target. */
class ForwardedTarget extends ForwardedEnd {
  readonly #connected: (target: ForwardedTarget) => void;

  constructor(connected: (target: ForwardedTarget) => void) {
    super();
    this.#connected = connected;
  }

  override connectionMade(): void {
    this.#connected(this);
  }

  /** There is nobody to forward for. */
  abort(): void {
    this.transport.abortConnection();
  }
}
