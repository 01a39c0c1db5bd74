#!/usr/bin/env bun
/** The command `pretzel`: puts the program together with the process that it runs in. */
import packageJson from "../../package.json";
import { EXIT_STATUS } from "./exit-status.ts";
import { runProgram } from "./program.ts";
import { StandardInput } from "./standard-input.ts";
import { StandardOutput } from "./standard-output.ts";

const output = new StandardOutput(process.stdout, (error) => {
  // Whoever read along has seen enough, as `head` does: no reason to complain.
  if ("code" in error && error.code === "EPIPE") process.exit(EXIT_STATUS.success);
  tell(`pretzel: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT_STATUS.failure);
});
const status = await runProgram(process.argv.slice(2), {
  input: new StandardInput(),
  output,
  tell,
  version: packageJson.version,
});
await output.flushed();
process.exit(status);

function tell(text: string): void {
  process.stderr.write(text);
}
