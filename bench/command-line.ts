import { parseArgs } from "node:util";

/** What the program was asked to do. */
export type Command = { readonly kind: "help" } | ListenCommand | RunCommand;

/** Receive what another host sends. */
export interface ListenCommand {
  readonly kind: "listen";
  readonly host: string;
  readonly port: number;
}

/** Benchmarks to run. */
export interface RunCommand {
  readonly kind: "run";
  /** The name, or the folder, of what is to run; all of them when there is none. */
  readonly name: string | undefined;
  readonly size: "full" | "smoke";
  readonly rounds: number;
  /** Where the results go as JSON. */
  readonly jsonPath: string | undefined;
  readonly host: { readonly host: string; readonly port: number } | undefined;
}

/** How to call the program. */
export const USAGE = `\
Usage: bun run bench [NAME] [--smoke] [--rounds N] [--json FILE]
       bun run bench udp-throughput --listen [HOST:PORT]
       bun run bench udp-throughput --host HOST[:PORT]

  --smoke        run everything once or twice and small: shows that it works, measures nothing
  --rounds N     measure everything N times, at least 5 (2 with --smoke)
  --json FILE    also write the results to FILE
  --listen       receive what another host sends, at 127.0.0.1:5300 unless told
  --host         send to a host that runs with --listen`;

/** Fewer say nothing of how much the numbers vary. */
export const MIN_ROUNDS = 5;
const SMOKE_ROUNDS = 2;

/** Where `--listen` listens, and `--host` looks, unless told. */
const DEFAULT_LISTEN = { host: "127.0.0.1", port: 5_300 };

/** The command line asks for something that cannot be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `args` ask for. @throws {UsageError} */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parsed(withListenValue(args));
  if (values.help === true) return { kind: "help" };
  const [name, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError(`Only one benchmark can be named, not ${1 + more.length}`);
  const distributed = values.listen !== undefined || values.host !== undefined;
  if (distributed && name !== "udp-throughput") {
    throw new UsageError("--listen and --host are for udp-throughput alone");
  }
  if (values.listen !== undefined) return { kind: "listen", ...endpoint(values.listen) };
  const size = values.smoke === true ? "smoke" : "full";
  return {
    kind: "run",
    name,
    size,
    rounds: rounds(values.rounds, size),
    jsonPath: values.json,
    host: values.host === undefined ? undefined : endpoint(values.host),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        smoke: { type: "boolean" },
        rounds: { type: "string" },
        json: { type: "string" },
        listen: { type: "string" },
        host: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** `parseArgs` knows no option whose value may be left out. */
function withListenValue(args: readonly string[]): string[] {
  const at = args.indexOf("--listen");
  const next = args[at + 1];
  if (at === -1 || (next !== undefined && !next.startsWith("-"))) return [...args];
  return args.toSpliced(at + 1, 0, `${DEFAULT_LISTEN.host}:${DEFAULT_LISTEN.port}`);
}

function rounds(text: string | undefined, size: "full" | "smoke"): number {
  if (text === undefined) return size === "smoke" ? SMOKE_ROUNDS : MIN_ROUNDS;
  const count = Number(text);
  const min = size === "smoke" ? 1 : MIN_ROUNDS;
  if (Number.isInteger(count) && count >= min) return count;
  throw new UsageError(`--rounds is ${text}: a whole number of at least ${min} is needed`);
}

/** `HOST`, `HOST:PORT`, `:PORT` or `[IPv6]:PORT`. */
function endpoint(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_LISTEN.port);
  if (match === null || port < 1 || port > 65_535) {
    throw new UsageError(`${text} is not HOST:PORT; an IPv6 address goes into brackets`);
  }
  return { host: match[1] ?? (match[2] || DEFAULT_LISTEN.host), port };
}
