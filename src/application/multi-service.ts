import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import type { Clock } from "../reactor/clock.ts";
import { CLOCK, DURATION, OBJECT, required, TEXT } from "../reactor/option-kinds.ts";
import { settlesWithin } from "../reactor/settles-within.ts";
import { Service } from "./service.ts";

/** Longer than a port takes to drain by default, and the longest that one of several may need. */
const STOP_TIMEOUT_MS = 45_000;

/** What a `MultiService` begins with, and how it stops. */
export interface MultiServiceOptions {
  /** What measures how long a service takes to stop: the reactor, usually. */
  readonly clock: Clock;
  readonly name?: string;
  /** Those that are there from the beginning. */
  readonly services?: Iterable<Service>;
  /**
   * How long each service gets to stop before the next one is told to, in milliseconds; 45000 by
   * default. One that is itself a `MultiService` takes as long as those in it may.
   */
  readonly stopTimeoutMs?: number;
}

const OPTIONS = {
  clock: required(CLOCK),
  name: TEXT,
  services: OBJECT,
  stopTimeoutMs: DURATION,
} satisfies Record<keyof MultiServiceOptions, OptionKind>;

/**
 * Services that start and stop together, one after the other: they start in the order they were
 * added and stop in the reverse order, so that each has those before it for as long as it runs. A
 * service that is added to one that runs is started at once.
 */
export class MultiService extends Service implements Iterable<Service> {
  readonly #children: Service[] = [];
  readonly #clock: Clock;
  readonly #stopTimeoutMs: number;
  /** Whether all that are there have begun, so that nobody starts what is added from now on. */
  #allBegun = false;

  /**
   * @throws {Error} when two of the services have the same name, or one is there twice
   * @throws {TypeError} @throws {RangeError} for an option that is none
   */
  constructor(options: MultiServiceOptions) {
    checkOptions("MultiService", options, OPTIONS);
    const { name, clock, services = [], stopTimeoutMs = STOP_TIMEOUT_MS } = options;
    super(name === undefined ? {} : { name });
    this.#clock = clock;
    this.#stopTimeoutMs = stopTimeoutMs;
    for (const service of services) this.#append(service);
  }

  /** How many services it has. */
  get size(): number {
    return this.#children.length;
  }

  /** The service with this name; undefined when there is none. */
  get(name: string): Service | undefined {
    return this.#children.find((child) => child.name === name);
  }

  /** The services in the order they start. */
  [Symbol.iterator](): Iterator<Service> {
    return this.#children.values();
  }

  /**
   * Adds a service behind the others. Resolves when it has started, where this one runs; otherwise
   * at once. Rejects when it cannot start; it stays added.
   *
   * @throws {Error} as a rejection, when it is there already, or another has its name
   */
  async add(service: Service): Promise<void> {
    this.#append(service);
    const isLate = this.state === "starting" && this.#allBegun;
    if (this.running || isLate) await service.start();
  }

  /**
   * Stops a service and takes it out. Resolves when it has stopped.
   *
   * @throws {Error} as a rejection, when it is not there
   */
  async remove(service: Service): Promise<void> {
    const index = this.#children.indexOf(service);
    if (index === -1) throw new Error(`Cannot remove ${nameOf(service)}: it is not there`);
    this.#children.splice(index, 1);
    await service.stop();
  }

  protected override async doPrivilegedStart(): Promise<void> {
    await this.#inOrder((child) => child.privilegedStart());
  }

  protected override async doStart(): Promise<void> {
    await this.#inOrder((child) => child.start());
  }

  protected override doStop(): Promise<void> {
    return this.#stopAll();
  }

  /** Children may come and go while this goes on. */
  async #inOrder(begin: (child: Service) => Promise<void>): Promise<void> {
    const begun = new Set<Service>();
    this.#allBegun = false;
    for (;;) {
      const child = this.#children.find((each) => !begun.has(each));
      if (child === undefined) {
        this.#allBegun = true;
        return;
      }
      begun.add(child);
      await begin(child).catch((error: unknown) => this.#stopAfter(error));
    }
  }

  /** The failure to start is what matters, together with what else goes wrong because of it. */
  async #stopAfter(failure: unknown): Promise<never> {
    try {
      await this.#stopAll();
    } catch (error) {
      const detail = "A service could not start, and others not be stopped after it";
      throw new AggregateError([failure, error], detail);
    }
    throw failure;
  }

  /** Stops one after the other, the last one first, whatever goes wrong with any of them. */
  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const child of this.#children.toReversed()) {
      await this.#stopChild(child).catch((error: unknown) => errors.push(error));
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} services failed`);
  }

  async #stopChild(child: Service): Promise<void> {
    const stopping = child.stop();
    // Another one of these sees to it itself that it comes to an end.
    if (child instanceof MultiService) return stopping;
    const timeoutMs = this.#stopTimeoutMs;
    if (await settlesWithin(this.#clock, timeoutMs, stopping)) return stopping;
    throw new Error(`Waited in vain for ${nameOf(child)} to stop within ${timeoutMs} ms`);
  }

  #append(service: Service): void {
    const { name } = service;
    if (this.#children.includes(service)) {
      throw new Error(`Cannot add ${nameOf(service)}: it is there already`);
    }
    if (name !== undefined && this.get(name) !== undefined) {
      throw new Error(`Cannot add ${nameOf(service)}: another one is called so`);
    }
    this.#children.push(service);
  }
}

function nameOf(service: Service): string {
  return service.name === undefined ? "a service" : `the service "${service.name}"`;
}
