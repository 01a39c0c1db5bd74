import type { StandardInput } from "./standard-input.ts";
import type { StandardOutput } from "./standard-output.ts";

/** What commands get from the program. */
export interface CommandContext {
  readonly input: StandardInput;
  readonly output: StandardOutput;
  /** Writes a message for the user, not a result, to standard error. */
  readonly tell: (text: string) => void;
  readonly version: string;
}
