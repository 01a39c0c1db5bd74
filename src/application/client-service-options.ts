import type { OptionKind } from "../reactor/check-options.ts";
import { CLOCK, DURATION, FUNCTION, LOGGER, required, TEXT } from "../reactor/option-kinds.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { RetryPolicy } from "../task/backoff.ts";
import type { ReportingClock } from "./logger-of.ts";

/** Why a `ClientService` waits before its next attempt, and how long. */
export interface ClientRetry {
  /** Until the next attempt, in milliseconds. */
  readonly delayMs: number;
  /** How many attempts have failed since there was a connection; 0 when one was just lost. */
  readonly failures: number;
  /** What the last one failed with; undefined when there was none. */
  readonly error: unknown;
}

/**
 * How a `ClientService` comes back, and whom it tells. What a callback throws, or rejects with, is
 * logged and changes nothing, except for `prepare`.
 */
export interface ClientServiceOptions<P extends Protocol> {
  /** What measures the delays: the reactor, usually. */
  readonly clock: ReportingClock;
  /** How long to wait after how many failures in a row; `backoff()` by default. */
  readonly retry?: RetryPolicy;
  /**
   * Called with each new connection, before anybody else gets it: log in here. When it fails the
   * connection is aborted, and that counts as a failed attempt.
   */
  readonly prepare?: (protocol: P) => void | Promise<void>;
  /** Called when a connection is there and prepared. */
  readonly connected?: (protocol: P) => unknown;
  /** Called when a connection that `connected` was told of has ended, at `stop` too. */
  readonly lost?: (protocol: P) => unknown;
  /** Called before each wait for another attempt. */
  readonly retrying?: (retry: ClientRetry) => unknown;
  /**
   * How long its connection gets at `stop` to close in order, before it is aborted, in
   * milliseconds; 30000 by default.
   */
  readonly stopTimeoutMs?: number;
  /** What it is called, for `MultiService` and in messages. */
  readonly name?: string;
  /**
   * Where failed attempts are reported, as warnings; by default where the reactor reports that is
   * the clock, and on standard error where the clock is none.
   */
  readonly logger?: Logger;
}

export const CLIENT_SERVICE_OPTIONS = {
  clock: required(CLOCK),
  retry: FUNCTION,
  prepare: FUNCTION,
  connected: FUNCTION,
  lost: FUNCTION,
  retrying: FUNCTION,
  stopTimeoutMs: DURATION,
  name: TEXT,
  logger: LOGGER,
} satisfies Record<keyof ClientServiceOptions<Protocol>, OptionKind>;
