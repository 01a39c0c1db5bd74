import type { Clock } from "../reactor/clock.ts";
import { type Logger, STDERR_LOGGER, steadyLogger } from "../reactor/logger.ts";

/** A clock, and where to report, as a reactor knows both. */
export interface ReportingClock extends Clock {
  readonly logger?: Logger;
}

/** Where a service reports that was given no logger: where its reactor does. */
export function loggerOf(clock: ReportingClock, logger = clock.logger ?? STDERR_LOGGER): Logger {
  return steadyLogger(logger);
}
