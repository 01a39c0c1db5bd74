import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import { type Logger, STDERR_LOGGER, steadyLogger } from "../reactor/logger.ts";
import { DURATION, LOGGER } from "../reactor/option-kinds.ts";
import { SocketReactor } from "../transport/socket-reactor.ts";
import { Turn } from "../transport/turn.ts";
import { BunClock } from "./bun-clock.ts";
import { BunTLSMaker } from "./bun-tls.ts";
import { BunSockets } from "./bun-sockets.ts";
import { STOP_SIGNALS } from "./stop-signals.ts";
import { DescriptorReserve } from "./descriptor-reserve.ts";

/** A timer this long only keeps the process alive while the reactor runs. */
const KEEP_ALIVE_MS = 2_147_483_647;

/** Where a reactor reports, and how long it may take to stop. */
export interface BunReactorOptions {
  /** Where faults are reported; standard error by default. */
  readonly logger?: Logger;
  /**
   * How long `stop` waits for what the triggers of `"before"` promise, in milliseconds; 60000 by
   * default.
   */
  readonly stopTimeoutMs?: number;
}

const OPTIONS = {
  logger: LOGGER,
  stopTimeoutMs: DURATION,
} satisfies Record<keyof BunReactorOptions, OptionKind>;

/**
 * The reactor over Bun's event loop and sockets. There may be several in one process; each is
 * independent, and runs as often as one likes. Ports and connections work as soon as they are
 * made; `run` waits for the end and sees to an orderly stop, also at SIGINT and SIGTERM: the first
 * of them stops all reactors that run in the process. A second one, while one of them still stops,
 * ends the process as if nobody listened; but the same signal again within half a second is the
 * same keystroke, as npm passes on what the terminal has sent already.
 */
export class BunReactor extends SocketReactor {
  // The program may be stopping it already, which is all that a signal asks for.
  readonly #stopAtSignal = () => void this.stop();

  /** @throws {TypeError} @throws {RangeError} for an option that is none */
  constructor(options: BunReactorOptions = {}) {
    checkOptions("BunReactor", options, OPTIONS);
    const logger = steadyLogger(options.logger ?? STDERR_LOGGER);
    const turn = new Turn({ soon: queueMicrotask, nextTurn: setImmediate }, logger);
    const clock = new BunClock(turn, logger);
    const sockets = new BunSockets(new DescriptorReserve(logger, clock));
    super(sockets, { turn, clock, logger, tls: new BunTLSMaker() }, options);
  }

  override async run(): Promise<void> {
    if (this.running) return super.run();
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    STOP_SIGNALS.add(this.#stopAtSignal);
    try {
      await super.run();
    } finally {
      clearInterval(keepAlive);
      STOP_SIGNALS.delete(this.#stopAtSignal);
    }
  }
}
