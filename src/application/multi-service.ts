import { Service } from "./service.ts";

/**
 * Services that start and stop together: they start in the order they were added, each after the
 * one before has started, and stop in the reverse order. A service that is added to one that runs
 * is started at once.
 */
export class MultiService extends Service implements Iterable<Service> {
  readonly #children: Service[] = [];
  /** Whether all that are there have begun, so that nobody starts what is added from now on. */
  #allBegun = false;

  /**
   * @param options.services those that are there from the beginning
   * @throws {Error} when two have the same name, or one is there twice
   */
  constructor(options: { readonly name?: string; readonly services?: Iterable<Service> } = {}) {
    super(options);
    for (const service of options.services ?? []) this.#append(service);
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

  /** Tells all to stop, the last one first, and waits for all of them. */
  async #stopAll(): Promise<void> {
    const stopping = this.#children.toReversed().map((child) => child.stop());
    const outcomes = await Promise.allSettled(stopping);
    const errors = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} services failed`);
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
