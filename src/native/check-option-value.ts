/**
 * Whether the value for a socket option is one: each function returns the value itself, or throws
 * naming the option, the value and what was expected.
 */
import { inspect } from "node:util";
import type { Linger } from "../reactor/socket-option.ts";
import type { NumberOption, TextOption } from "./socket-option-table.ts";

/** The largest C `int`. */
const MAX_LINGER_SECONDS = 0x7fff_ffff;

const ENCODER = new TextEncoder();

/** @throws {TypeError} unless `value` is true or false */
export function checkSwitch(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(wrong(name, value, "true or false"));
}

/** @throws {TypeError} unless it is a number @throws {RangeError} unless whole and in range */
export function checkNumber(name: string, value: unknown, option: NumberOption): number {
  const expected = `a whole number from ${option.min} to ${option.max}`;
  if (typeof value !== "number") throw new TypeError(wrong(name, value, expected));
  if (Number.isInteger(value) && value >= option.min && value <= option.max) return value;
  throw new RangeError(wrong(name, value, expected));
}

/**
 * @returns the bytes of the text
 * @throws {TypeError} unless it is a string without NUL
 * @throws {RangeError} unless its length is in range
 */
export function checkText(name: string, value: unknown, option: TextOption): Uint8Array {
  const expected = `a name of ${option.minBytes} to ${option.maxBytes} bytes`;
  if (typeof value !== "string" || value.includes("\0")) {
    throw new TypeError(wrong(name, value, expected));
  }
  const bytes = ENCODER.encode(value);
  if (bytes.length >= option.minBytes && bytes.length <= option.maxBytes) return bytes;
  throw new RangeError(wrong(name, value, expected));
}

/** @throws {TypeError} unless `value` is a `Linger` @throws {RangeError} unless in range */
export function checkLinger(name: string, value: unknown): Linger {
  const expected = `{ on: boolean, seconds: a whole number from 0 to ${MAX_LINGER_SECONDS} }`;
  if (!isLinger(value)) throw new TypeError(wrong(name, value, expected));
  const { seconds } = value;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_LINGER_SECONDS) return value;
  throw new RangeError(wrong(name, value, expected));
}

function isLinger(value: unknown): value is Linger {
  if (typeof value !== "object" || value === null) return false;
  if (!("on" in value) || !("seconds" in value)) return false;
  return typeof value.on === "boolean" && typeof value.seconds === "number";
}

function wrong(name: string, value: unknown, expected: string): string {
  return `Cannot set socket option ${name} to ${inspect(value)}: expected ${expected}`;
}
