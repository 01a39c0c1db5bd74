import type { StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Factory } from "../reactor/factory.ts";
import type { ListeningPort } from "../reactor/listening-port.ts";
import type { Logger } from "../reactor/logger.ts";
import type { ListenTCPOptions, Reactor } from "../reactor/reactor.ts";
import type { SystemEventTrigger } from "../reactor/system-events.ts";
import { LoopingCall } from "../task/looping-call.ts";
import { PortDecorator } from "./port-decorator.ts";
import { TLSServerEndpoint } from "./tls-endpoints.ts";
import type { TLSFolder } from "./tls-folder.ts";

/** How often the folder is looked at: soon enough for a certificate that runs out in days. */
const LOOK_INTERVAL_MS = 10_000;

/**
 * A TCP address to listen at with the certificates of a folder. The folder is looked at again and
 * again: connections that come after a change get the new certificates. One that is of no use is
 * logged, and the old ones stay.
 */
export class TLSFolderEndpoint implements StreamServerEndpoint {
  readonly #reactor: Reactor;
  readonly #options: ListenTCPOptions;
  readonly #folder: TLSFolder;
  readonly #logger: Logger;

  constructor(reactor: Reactor, options: ListenTCPOptions, folder: TLSFolder, logger: Logger) {
    this.#reactor = reactor;
    this.#options = options;
    this.#folder = folder;
    this.#logger = logger;
  }

  async listen(factory: Factory): Promise<ListeningPort> {
    const state = this.#folder.state();
    const options = { ...this.#options, tls: this.#folder.read() };
    const port = await new TLSServerEndpoint(this.#reactor, options).listen(factory);
    return new TLSFolderPort(port, this.#reactor, this.#folder, state, this.#logger);
  }
}

class TLSFolderPort extends PortDecorator {
  readonly #reactor: Reactor;
  readonly #folder: TLSFolder;
  readonly #logger: Logger;
  readonly #looking: LoopingCall;
  /** How often it was told to start or stop. */
  #calls = 0;
  #state: string;
  #shutdown: SystemEventTrigger | null = null;

  constructor(
    port: ListeningPort,
    reactor: Reactor,
    folder: TLSFolder,
    state: string,
    logger: Logger,
  ) {
    super(port);
    this.#reactor = reactor;
    this.#folder = folder;
    this.#state = state;
    this.#logger = logger;
    this.#looking = new LoopingCall(reactor, () => this.#look());
    this.#startLooking();
  }

  override async startListening(): Promise<void> {
    const call = ++this.#calls;
    await super.startListening();
    // Unless it was told to stop meanwhile.
    if (call === this.#calls) this.#startLooking();
  }

  override stopListening(): Promise<void> {
    this.#calls++;
    this.#stopLooking();
    return super.stopListening();
  }

  override drain(options?: {
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<void> {
    this.#calls++;
    this.#stopLooking();
    return super.drain(options);
  }

  #startLooking(): void {
    if (this.#looking.running) return;
    // `look` throws nothing, so this never rejects.
    void this.#looking.start(LOOK_INTERVAL_MS, { now: false });
    const stop = () => this.#stopLooking();
    this.#shutdown = this.#reactor.addSystemEventTrigger("during", "shutdown", stop);
  }

  #stopLooking(): void {
    if (!this.#looking.running) return;
    this.#looking.stop();
    this.#shutdown?.remove();
  }

  #look(): void {
    try {
      const state = this.#folder.state();
      if (state === this.#state) return;
      // Before it is read, so that files of no use are reported once for each change.
      this.#state = state;
      this.reloadTLS(this.#folder.read());
    } catch (error) {
      this.#logger.warn(`the certificates of "${this.#folder.path}" stay as they are`, error);
    }
  }
}
