/** Where a service is in its life; it begins and ends with `stopped`, and may go round again. */
export type ServiceState = "stopped" | "prepared" | "starting" | "running" | "stopping";

/** The legal moves. Anything else is a fault of ours. */
const NEXT_STATES: Readonly<Record<ServiceState, readonly ServiceState[]>> = {
  stopped: ["prepared", "starting"],
  prepared: ["starting", "stopping"],
  starting: ["running", "stopped"],
  running: ["stopping"],
  stopping: ["stopped"],
};

/**
 * A part of a program that can be started and stopped, more than once. Subclass it and override
 * `doStart` and `doStop`; each is called only when it makes sense, and never while the other runs.
 * `await using` stops it.
 */
export abstract class Service implements AsyncDisposable {
  /** What it is called, for `MultiService.get` and in messages; nothing unless told. */
  readonly name: string | undefined;
  #state: ServiceState = "stopped";
  #asked: "nothing" | "start" | "stop" = "nothing";
  /** What was asked for and has not been done; null when nothing is under way. */
  #underWay: Promise<void> | null = null;

  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name;
  }

  /** Whether it has started and was not stopped. */
  get running(): boolean {
    return this.#state === "running";
  }

  /** Where it is in its life. */
  get state(): ServiceState {
    return this.#state;
  }

  /** What was asked for last, even where it is still to come. */
  protected get asked(): "nothing" | "start" | "stop" {
    return this.#asked;
  }

  /**
   * Does what needs the rights of root, such as listening at a low port, before the program gives
   * them up. `start` follows, or `stop`. Called by the program, once; most services have nothing to
   * do here.
   */
  privilegedStart(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state !== "stopped") return;
      await this.doPrivilegedStart();
      this.#moveTo("prepared");
    });
  }

  /**
   * Starts it; resolves when it has started, at once when it runs already. After a `stop` that is
   * under way it starts again. Rejects when it cannot start; it is stopped then.
   */
  start(): Promise<void> {
    this.#asked = "start";
    return this.#inTurn(async () => {
      if (this.#state === "running") return;
      this.#moveTo("starting");
      try {
        await this.doStart();
      } catch (error) {
        this.#moveTo("stopped");
        throw error;
      }
      this.#moveTo("running");
    });
  }

  /**
   * Stops it; resolves when all that it did has ended, at once when it does not run. Rejects with
   * what went wrong on the way; it is stopped all the same.
   */
  stop(): Promise<void> {
    this.#asked = "stop";
    return this.#inTurn(async () => {
      if (this.#state === "stopped") return;
      this.#moveTo("stopping");
      try {
        await this.doStop();
      } finally {
        this.#moveTo("stopped");
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** What needs privileges. Where it fails nothing may be left open. */
  protected doPrivilegedStart(): void | Promise<void> {}

  /** Starts what there is to start. Where it fails nothing may be left open. */
  protected abstract doStart(): void | Promise<void>;

  /** Ends all of it, also what only `doPrivilegedStart` did, and waits until it has ended. */
  protected abstract doStop(): void | Promise<void>;

  /** Runs `step` now, or after what was asked for before. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const before = this.#underWay;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Already now, because the step may itself ask for the next one.
    this.#underWay = promise;
    const finished = () => {
      if (this.#underWay === promise) this.#underWay = null;
    };
    const begin = () => void step().finally(finished).then(resolve, reject);
    if (before === null) begin();
    // Whoever asked for that one hears of its failure.
    else void before.then(begin, begin);
    return promise;
  }

  #moveTo(state: ServiceState): void {
    if (!NEXT_STATES[this.#state].includes(state)) {
      throw new Error(`A service cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
  }
}
