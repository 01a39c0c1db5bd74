import { type Logger, STDERR_LOGGER, steadyLogger } from "../reactor/logger.ts";
import { SocketReactor } from "../transport/socket-reactor.ts";
import { Turn } from "../transport/turn.ts";
import { BunClock } from "./bun-clock.ts";
import { BunTLSMaker } from "./bun-tls.ts";
import { BunSockets } from "./bun-sockets.ts";

/** A timer this long only keeps the process alive while the reactor runs. */
const KEEP_ALIVE_MS = 2_147_483_647;

/** The signals that stop a running reactor. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

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

/**
 * The reactor over Bun's event loop and sockets. There may be several in one process; each is
 * independent, and runs as often as one likes. Ports and connections work as soon as they are
 * made; `run` waits for the end and sees to an orderly stop, also at SIGINT and SIGTERM. A second
 * signal, while it stops, ends the process as if nobody listened.
 */
export class BunReactor extends SocketReactor {
  readonly #stopAtSignal = () => void this.stop();

  /** @throws {RangeError} when `stopTimeoutMs` is negative or not a finite number */
  constructor(options: BunReactorOptions = {}) {
    const logger = steadyLogger(options.logger ?? STDERR_LOGGER);
    const turn = new Turn({ soon: queueMicrotask, nextTurn: setImmediate }, logger);
    const clock = new BunClock(turn, logger);
    super(new BunSockets(), { turn, clock, logger, tls: new BunTLSMaker() }, options);
  }

  override async run(): Promise<void> {
    if (this.running) return super.run();
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    for (const signal of STOP_SIGNALS) process.once(signal, this.#stopAtSignal);
    try {
      await super.run();
    } finally {
      clearInterval(keepAlive);
      this.#ignoreSignals();
    }
  }

  override stop(): Promise<void> {
    this.#ignoreSignals();
    return super.stop();
  }

  #ignoreSignals(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#stopAtSignal);
  }
}
