import type { Clock } from "../reactor/clock.ts";
import { TimeoutError } from "../reactor/connect-error.ts";
import type { EndpointConnectOptions, StreamClientEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";

/** How long each connect may take in all. */
interface ConnectTimeout {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What does not answer then, as the error names it. */
  readonly target: string;
}

/**
 * An endpoint that connects through another one in a limited time, whatever that does until it
 * resolves: a handshake as well, which has no part in the time that the one below is given.
 * `connect` rejects with a `TimeoutError` when it takes longer.
 */
export class TimedClientEndpoint implements StreamClientEndpoint {
  readonly #endpoint: StreamClientEndpoint;
  readonly #timeout: ConnectTimeout;

  constructor(endpoint: StreamClientEndpoint, timeout: ConnectTimeout) {
    this.#endpoint = endpoint;
    this.#timeout = timeout;
  }

  async connect<P extends Protocol>(
    factory: Factory<P>,
    { signal }: EndpointConnectOptions = {},
  ): Promise<P> {
    const { clock, timeoutMs, target } = this.#timeout;
    const late = new TimeoutError(target, `no answer within ${timeoutMs} ms`);
    const attempt = new AbortController();
    const cancel = () => attempt.abort(signal?.reason);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel);
    using _deadline = clock.callLater(timeoutMs, () => attempt.abort(late));
    try {
      return await this.#endpoint.connect(factory, { signal: attempt.signal });
    } catch (error) {
      throw attempt.signal.reason === late ? late : error;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }
}
