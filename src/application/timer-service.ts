import type { Clock } from "../reactor/clock.ts";
import { type Logger, STDERR_LOGGER, steadyLogger } from "../reactor/logger.ts";
import { LoopingCall } from "../task/looping-call.ts";
import { Service } from "./service.ts";

/** How a `TimerService` is called, and where it reports. */
export interface TimerServiceOptions {
  readonly name?: string;
  /** Where a call that fails is reported; standard error unless told. */
  readonly logger?: Logger;
}

/**
 * A function that is called at regular intervals while the service runs, for the first time when it
 * starts; otherwise as by a `LoopingCall`. `stop` waits for a call that is under way. A call that
 * fails is logged, and is the last one until the service is stopped and started again.
 */
export class TimerService extends Service {
  readonly #intervalMs: number;
  readonly #loop: LoopingCall;
  readonly #logger: Logger;
  #finished: Promise<void> = Promise.resolve();

  /**
   * @param call gets the number of intervals since its last call
   * @throws {RangeError} when `intervalMs` is negative or not a finite number
   */
  constructor(
    clock: Clock,
    intervalMs: number,
    call: (count: number) => unknown,
    options: TimerServiceOptions = {},
  ) {
    super(options.name === undefined ? {} : { name: options.name });
    if (!Number.isFinite(intervalMs) || intervalMs < 0) {
      throw new RangeError(
        `Cannot call every ${intervalMs} ms: a finite number of at least 0 is needed`,
      );
    }
    this.#intervalMs = intervalMs;
    this.#loop = new LoopingCall(clock, call);
    this.#logger = steadyLogger(options.logger ?? STDERR_LOGGER);
  }

  protected override doStart(): void {
    this.#finished = this.#loop.start(this.#intervalMs).catch((error: unknown) => {
      this.#logger.error(`${this.name ?? "a timer service"} makes no further calls`, error);
    });
  }

  protected override doStop(): Promise<void> {
    if (this.#loop.running) this.#loop.stop();
    return this.#finished;
  }
}
