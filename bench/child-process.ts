/**
 * Processes of a benchmark, each with its own event loop and heap, and the calls between them: a
 * child offers functions, its parent calls them by name. Arguments and results travel as JSON.
 */

/** The functions a child offers. */
export type Offered<C> = { readonly [K in keyof C]: (...args: never[]) => unknown };

interface Request {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** Raises what it may and runs the rest; a shell does it, as a process cannot for itself. */
const WITH_DESCRIPTORS = 'ulimit -n "$0" 2>/dev/null; exec "$@"';

/** One child process. `await using` ends it. */
export class ChildProcess<C extends Offered<C>> implements AsyncDisposable {
  readonly #process: Bun.Subprocess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 0;

  /**
   * Starts a script that calls `offer`.
   *
   * @param options.descriptors how many it should be allowed to open, as far as the system lets us
   */
  constructor(
    script: string,
    args: readonly string[] = [],
    options: { readonly descriptors?: number } = {},
  ) {
    const command = [process.execPath, script, ...args];
    const { descriptors } = options;
    const shell = ["sh", "-c", WITH_DESCRIPTORS, String(descriptors)];
    this.#process = Bun.spawn(descriptors === undefined ? command : [...shell, ...command], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message) => this.#replied(message as Reply),
      onExit: (_process, exitCode, signalCode) => {
        this.#ended(`${script} ended with ${signalCode ?? `status ${exitCode}`}`);
      },
    });
  }

  /** Calls one of its functions. Rejects with what that throws, or when the child has ended. */
  async call<K extends keyof C & string>(
    name: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const id = this.#nextId++;
    const outcome = Promise.withResolvers<unknown>();
    this.#waiting.set(id, outcome);
    this.#process.send({ id, name, args } satisfies Request);
    return (await outcome.promise) as Awaited<ReturnType<C[K]>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  #replied(reply: Reply): void {
    const outcome = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) outcome?.reject(new Error(reply.error));
    else outcome?.resolve(reply.result);
  }

  #ended(why: string): void {
    for (const outcome of this.#waiting.values()) outcome.reject(new Error(why));
    this.#waiting.clear();
  }
}

/** Answers the calls of the parent until that is gone; then this process ends too. */
export function offer<C extends Offered<C>>(calls: C): void {
  process.on("message", async (message) => {
    const { id, name, args } = message as Request;
    process.send?.(await answer(calls, id, name, args));
  });
  process.on("disconnect", () => process.exit());
}

async function answer<C extends Offered<C>>(
  calls: C,
  id: number,
  name: string,
  args: readonly unknown[],
): Promise<Reply> {
  try {
    const call = calls[name as keyof C];
    const result: unknown = await call(...(args as never[]));
    return { id, result: result ?? null };
  } catch (error) {
    return {
      id,
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
}
