/**
 * The names of the system's error numbers, such as `ECONNREFUSED` for 111.
 */
import { constants } from "node:os";

let names: Map<number, string> | undefined;

/** Of the names that share a number, the one that Linux' manual pages use for sockets. */
const PREFERRED = ["EAGAIN", "EOPNOTSUPP"] as const;

/**
 * The name of an error number.
 *
 * @param errno of either sign: C gives positive numbers, node negative ones
 * @returns the name, or `errno 524` for a number without one
 */
export function errorName(errno: number): string {
  names ??= namesByNumber();
  const number = Math.abs(errno);
  return names.get(number) ?? `errno ${number}`;
}

function namesByNumber(): Map<number, string> {
  const table = new Map<number, string>();
  for (const [name, number] of Object.entries(constants.errno)) table.set(number, name);
  for (const name of PREFERRED) table.set(constants.errno[name], name);
  return table;
}
