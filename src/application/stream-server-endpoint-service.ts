import { checkFactory } from "../reactor/check-factory.ts";
import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import { DURATION, TEXT } from "../reactor/option-kinds.ts";
import { Service } from "./service.ts";

/** How a `StreamServerEndpointService` is called, and how it ends. */
export interface StreamServerEndpointServiceOptions {
  readonly name?: string;
  /** How long connections get to finish at `stop`, before they are aborted; 30000 unless told. */
  readonly drainTimeoutMs?: number;
}

const OPTIONS = {
  name: TEXT,
  drainTimeoutMs: DURATION,
} satisfies Record<keyof StreamServerEndpointServiceOptions, OptionKind>;

/**
 * Listens while it runs. `privilegedStart` opens the port already, for low ports; `start` rejects
 * when it cannot be opened. `stop` accepts no more, tells the protocols (`draining`), and waits
 * until all connections have ended.
 */
export class StreamServerEndpointService extends Service {
  readonly #endpoint: StreamServerEndpoint;
  readonly #factory: Factory;
  readonly #drainOptions: { readonly timeoutMs?: number };
  #port: ListeningPort | null = null;

  /** @throws {TypeError} @throws {RangeError} when something is of another kind */
  constructor(
    endpoint: StreamServerEndpoint,
    factory: Factory,
    options: StreamServerEndpointServiceOptions = {},
  ) {
    // Refused here, not at a stop that would leave the connections open.
    checkOptions("StreamServerEndpointService", options, OPTIONS);
    checkFactory("StreamServerEndpointService", factory);
    const { name, drainTimeoutMs } = options;
    super(name === undefined ? {} : { name });
    this.#endpoint = endpoint;
    this.#factory = factory;
    this.#drainOptions = drainTimeoutMs === undefined ? {} : { timeoutMs: drainTimeoutMs };
  }

  /** The port it listens at; null when it does not. */
  get port(): ListeningPort | null {
    return this.#port;
  }

  protected override doPrivilegedStart(): Promise<void> {
    return this.doStart();
  }

  protected override async doStart(): Promise<void> {
    this.#port ??= await this.#endpoint.listen(this.#factory);
  }

  protected override async doStop(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    await port?.drain(this.#drainOptions);
  }
}
