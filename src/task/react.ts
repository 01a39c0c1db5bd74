import type { Logger } from "../reactor/logger.ts";
import type { Reactor } from "../reactor/reactor.ts";

/** The largest status that a process can end with. */
const MAX_EXIT_STATUS = 255;

/** What `react` runs. What it resolves with becomes the exit status; nothing stands for success. */
export type ReactMain<R extends Reactor> = (
  reactor: R,
  ...argv: string[]
) => number | void | Promise<number | void>;

/** What `react` hands on and where it reports. */
export interface ReactOptions {
  /** The arguments of the main function; those of the command line unless told. */
  readonly argv?: readonly string[];
  /** Where a failure is reported; where the reactor does by default. */
  readonly logger?: Logger;
}

/**
 * A whole program: runs `reactor` until the promise of `main` is done, or until something else
 * stops it, such as SIGINT. `main` is called when the reactor runs.
 *
 * The status of the process is set as `process.exitCode`: the whole number up to 255 that `main`
 * resolves with, or 1 when it fails, which is logged; otherwise it stays as it is. The process is
 * not made to exit, so that what is being written still leaves: it ends when nothing else keeps it
 * alive.
 *
 * @returns a promise that resolves when the reactor has stopped. It does not wait for `main` when
 *   something else stopped the reactor; a status or a failure that comes later still counts
 * @throws {Error} as a rejection, when the reactor runs already; `main` is then not called
 */
export async function react<R extends Reactor>(
  reactor: R,
  main: ReactMain<R>,
  options: ReactOptions = {},
): Promise<void> {
  const { argv = process.argv.slice(2), logger = reactor.logger } = options;
  if (reactor.running) throw new Error("Cannot react with a reactor that runs already");
  let stopping = false;
  const noteStop = () => {
    stopping = true;
  };
  reactor.addSystemEventTrigger("before", "shutdown", noteStop);
  const run = reactor.run();
  const program = callMain().then(async () => {
    if (!stopping) await reactor.stop();
    return run;
  });
  await Promise.race([run, program]);

  async function callMain(): Promise<void> {
    try {
      const status = await main(reactor, ...argv);
      if (status !== undefined) process.exitCode = checkedStatus(status);
    } catch (error) {
      logger.error("the main function failed", error);
      process.exitCode = 1;
    }
  }
}

function checkedStatus(status: number): number {
  if (Number.isInteger(status) && status >= 0 && status <= MAX_EXIT_STATUS) return status;
  throw new RangeError(
    `Cannot exit with status ${status}: a whole number from 0 to ${MAX_EXIT_STATUS} is needed`,
  );
}
