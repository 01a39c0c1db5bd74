import type { Command } from "commander";
import {
  describeSocketOptions,
  type SocketOptionDescription,
  type SocketOptionReading,
} from "../native/describe-socket-options.ts";
import { libcOrNull } from "../native/libc.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import { CommandFailure } from "./command-failure.ts";
import type { CommandContext } from "./command-context.ts";
import { textTable } from "./text-table.ts";

/** What fits into a column of the table; longer values go below it. */
const MAX_CELL_COLUMNS = 20;

/** Adds `pretzel sockopts`, which prints every socket option and its value on fresh sockets. */
export function addSockoptsCommand(program: Command, { output, version }: CommandContext): void {
  program
    .command("sockopts")
    .version(version)
    .summary("print the socket options of this system")
    .description(
      "Prints every socket option that has a name here, with its value on a fresh TCP and a " +
        "fresh UDP socket of this system.",
    )
    .option("--json", "as JSON, with the reasons in each place")
    .action(({ json = false }: { json?: boolean }) => {
      if (libcOrNull() === null) {
        throw new CommandFailure("Cannot read socket options: libc cannot be loaded here");
      }
      const options = describeSocketOptions();
      output.write(json ? `${JSON.stringify(options, null, 2)}\n` : asText(options));
    });
}

/** The table, and below it what does not fit: long values, and why some are missing. */
function asText(options: readonly SocketOptionDescription[]): string {
  const notes: string[] = [];
  const cell = (reading: SocketOptionReading) => {
    const missing = reading.unsupported !== null;
    const text = missing ? reading.unsupported : valueText(reading.value);
    if (!missing && text.length <= MAX_CELL_COLUMNS) return text;
    // Several options share most of the reasons.
    if (!notes.includes(text)) notes.push(text);
    return `${missing ? "- " : ""}[${notes.indexOf(text) + 1}]`;
  };
  const rows = options.map(({ name, level, stream, datagram }) => {
    return [name, level, cell(stream), cell(datagram)];
  });
  const table = textTable(["NAME", "LEVEL", "TCP", "UDP"], rows);
  const below = notes.map((note, index) => `[${index + 1}] ${note}`);
  return [...table, ...(below.length === 0 ? [] : ["", ...below]), ""].join("\n");
}

function valueText(value: SocketOptionValue<SocketOptionName>): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value !== "object") return value === "" ? '""' : String(value);
  if ("seconds" in value) return value.on ? `${value.seconds} s` : "off";
  return Object.entries(value)
    .map(([field, number]) => `${field} ${number}`)
    .join(", ");
}
