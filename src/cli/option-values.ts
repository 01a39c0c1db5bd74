/**
 * Values of options and arguments, as functions from the text of the command line; a text that is
 * no such value is a usage error, which tells what was expected.
 */
import { InvalidArgumentError, Option } from "commander";
import { addressFamily } from "../reactor/ip-address.ts";

/** What a timer of the system can wait at most, rounded down; more than three weeks. */
const MAX_SECONDS = 2_000_000;

/** `parse`, whose `RangeError` is a usage error. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** An option that takes a time in seconds, with decimals or without, and gives milliseconds. */
export function seconds(flag: string, description: string, defaultSeconds: number): Option {
  return new Option(`${flag} <seconds>`, description)
    .argParser((text) => {
      const value = Number(text);
      if (/^\d+(?:\.\d+)?$/.test(text) && value > 0 && value <= MAX_SECONDS) return value * 1000;
      throw new InvalidArgumentError("It must be a number of seconds above 0, such as 2.5.");
    })
    .default(defaultSeconds * 1000, String(defaultSeconds));
}

/** One more IP address, for an option that may be repeated. */
export function eachHost(text: string, previous: readonly string[] | undefined): string[] {
  if (addressFamily(text) !== null) return [...new Set([...(previous ?? []), text])];
  throw new InvalidArgumentError("It must be an IP address, such as 127.0.0.1 or ::1.");
}
