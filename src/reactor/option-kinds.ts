import { checkOptions, type OptionKind, type OptionTable, shown } from "./check-options.ts";
import { hasMethods } from "./has-methods.ts";
import { changedWriteLimits, DEFAULT_WRITE_LIMITS } from "./write-limits.ts";

/** The kinds of options there are. */

export const TEXT = kindOf("a string", (value) => typeof value === "string");
/** A string that no message shows. */
export const SECRET: OptionKind = {
  isRequired: false,
  check(place, value) {
    if (typeof value === "string") return;
    throw new TypeError(`${place} is not shown here and is no string; a string is needed`);
  },
};
export const FLAG = kindOf("true or false", (value) => typeof value === "boolean");
export const FUNCTION = kindOf("a function", (value) => typeof value === "function");
/** An object whose own options others look at. */
export const OBJECT = kindOf("an object", (value) => typeof value === "object" && value !== null);
export const SIGNAL = kindOf("an AbortSignal", (value) => value instanceof AbortSignal);
export const LOGGER = kindOf("a logger", (value) => hasMethods(value, "warn", "error"));
export const CLOCK = kindOf("a clock, such as a reactor,", (value) =>
  hasMethods(value, "now", "callLater"),
);

/** Milliseconds that can be waited for. */
export const DURATION = numberOf("a finite number of at least 0", (value) => {
  return Number.isFinite(value) && value >= 0;
});
/** Whoever makes an address of it says what is wrong with the number. */
export const PORT = numberOf("a whole number from 0 to 65535", () => true);
export const DESCRIPTOR = wholeNumber(0);
/** How many there may be. */
export const LIMIT = numberOf("a whole number of at least 0, or Infinity,", (value) => {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 0);
});

/** It may be Infinity. */
export const AMOUNT = numberOf("a number of at least 0", (value) => value >= 0);

/** Some of the write limits; with the defaults for the others they are in order. */
export const WRITE_LIMITS: OptionKind = {
  isRequired: false,
  check(place, value) {
    checkOptions(place, value, { high: AMOUNT, low: AMOUNT, max: AMOUNT });
    changedWriteLimits(DEFAULT_WRITE_LIMITS, value as object);
  },
};

/** A number within these bounds. */
export function numberFrom(min: number, max: number): OptionKind {
  return numberOf(`a number from ${min} to ${max}`, (value) => value >= min && value <= max);
}

/** A whole number of at least `min`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): OptionKind {
  const upTo = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return numberOf(`a whole number ${upTo}`, (value) => {
    return Number.isSafeInteger(value) && value >= min && value <= max;
  });
}

/** One of these strings. */
export function oneOf(...values: readonly string[]): OptionKind {
  const all = values.map((value) => `"${value}"`).join(" or ");
  return kindOf(all, (value) => (values as readonly unknown[]).includes(value));
}

/** An array whose elements are all of that kind. */
export function arrayOf(element: OptionKind): OptionKind {
  const isArray = kindOf("an array", Array.isArray);
  return {
    isRequired: false,
    check(place, value) {
      isArray.check(place, value);
      for (const [index, each] of (value as unknown[]).entries()) {
        element.check(`${place}[${index}]`, each);
      }
    },
  };
}

/** Options inside of an option. */
export function optionsOf(table: OptionTable): OptionKind {
  return { isRequired: false, check: (place, value) => checkOptions(place, value, table) };
}

/** Makes an object of options, whose names are the caller's own, of options of one table. */
export function recordOf(table: OptionTable): OptionKind {
  return {
    isRequired: false,
    check(place, value) {
      OBJECT.check(place, value);
      for (const [name, each] of Object.entries(value as object)) {
        checkOptions(`${place}: ${name}`, each, table);
      }
    },
  };
}

/** The same kind, for an option that may not be left out. */
export function required(kind: OptionKind): OptionKind {
  return { isRequired: true, check: (place, value) => kind.check(place, value) };
}

function kindOf(expected: string, accepts: (value: unknown) => boolean): OptionKind {
  return {
    isRequired: false,
    check(place, value) {
      if (!accepts(value)) throw new TypeError(refusal(place, value, expected));
    },
  };
}

/** A number that is accepted; any other is out of range. */
export function numberOf(expected: string, accepts: (value: number) => boolean): OptionKind {
  return {
    isRequired: false,
    check(place, value) {
      if (typeof value !== "number") throw new TypeError(refusal(place, value, expected));
      if (!accepts(value)) throw new RangeError(refusal(place, value, expected));
    },
  };
}

function refusal(place: string, value: unknown, expected: string): string {
  return `${place} is ${shown(value)}; ${expected} is needed`;
}
