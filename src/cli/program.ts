import { Command, CommanderError } from "commander";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import { ConnectError } from "../reactor/connect-error.ts";
import { QueryError } from "../services/query-error.ts";
import { ServiceStartError } from "../services/service-start-error.ts";
import type { CommandContext } from "./command-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { addConnectCommand } from "./connect-command.ts";
import { EXIT_STATUS } from "./exit-status.ts";
import { addQueryCommand } from "./query-command.ts";
import { addServeCommand } from "./serve-command.ts";
import { addSockoptsCommand } from "./sockopts-command.ts";

/** What every terminal shows; help reads no better on a wider one. */
const HELP_COLUMNS = 80;

/** Failures that are told in one line; any other error is a fault of the program itself. */
const TOLD_FAILURES = [
  CommandFailure,
  ConnectError,
  CannotListenError,
  ServiceStartError,
  QueryError,
] as const;

/**
 * Runs the command line `words` and resolves with the exit status. Never rejects: whatever goes
 * wrong is told on standard error.
 */
export async function runProgram(
  words: readonly string[],
  context: CommandContext,
): Promise<number> {
  const program = new Command("pretzel")
    .description("Small network services, and tools to talk to them.")
    .version(context.version)
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => void context.output.write(text),
      writeErr: context.tell,
      getOutHelpWidth: () => HELP_COLUMNS,
      outputError: (text, write) => write(text.replace(/^error: /, "pretzel: ")),
    });
  addServeCommand(program, context);
  addConnectCommand(program, context);
  addQueryCommand(program, context);
  addSockoptsCommand(program, context);
  try {
    await program.parseAsync(words, { from: "user" });
    return EXIT_STATUS.success;
  } catch (error) {
    return exitStatusOf(error, context.tell);
  }
}

function exitStatusOf(error: unknown, tell: (text: string) => void): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT_STATUS.success : EXIT_STATUS.usage;
  }
  if (error instanceof Error && TOLD_FAILURES.some((told) => error instanceof told)) {
    tell(`pretzel: ${error.message}\n`);
  } else {
    tell(`pretzel: fault: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  }
  return EXIT_STATUS.failure;
}
