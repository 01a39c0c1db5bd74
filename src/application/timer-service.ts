import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import type { Logger } from "../reactor/logger.ts";
import { DURATION, LOGGER, TEXT } from "../reactor/option-kinds.ts";
import { LoopingCall } from "../task/looping-call.ts";
import { loggerOf, type ReportingClock } from "./logger-of.ts";
import { Service } from "./service.ts";

/** How a `TimerService` is called, and where it reports. */
export interface TimerServiceOptions {
  readonly name?: string;
  /** Where a call that fails is reported; by default where the reactor does that is the clock. */
  readonly logger?: Logger;
}

const OPTIONS = {
  name: TEXT,
  logger: LOGGER,
} satisfies Record<keyof TimerServiceOptions, OptionKind>;

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
   * @throws {TypeError} when something is of another kind
   */
  constructor(
    clock: ReportingClock,
    intervalMs: number,
    call: (count: number) => unknown,
    options: TimerServiceOptions = {},
  ) {
    checkOptions("TimerService", options, OPTIONS);
    DURATION.check("TimerService: intervalMs", intervalMs);
    super(options.name === undefined ? {} : { name: options.name });
    this.#intervalMs = intervalMs;
    this.#loop = new LoopingCall(clock, call);
    this.#logger = loggerOf(clock, options.logger);
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
