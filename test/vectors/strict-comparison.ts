/**
 * The one comparison that decides whether a vector holds. Two values are the same when they have
 * the same types, the same keys, the same elements in the same order and the same bytes.
 */

/** Stands where a vector says nothing, or a way of running it cannot tell: anything goes there. */
export const UNSAID: unique symbol = Symbol("unsaid");

/** Any one of some values is right. */
export class OneOf {
  readonly alternatives: readonly unknown[];

  constructor(alternatives: readonly unknown[]) {
    this.alternatives = alternatives;
  }
}

/** A number, or one that is at most `tolerance` away from it. */
export class Approximately {
  readonly value: number;
  readonly tolerance: number;

  constructor(value: number, tolerance: number) {
    this.value = value;
    this.tolerance = tolerance;
  }
}

/** Deeper than any vector; a value that contains itself would have no end. */
const MAX_DEPTH = 64;

/** How much of a value a message shows. */
const MAX_SHOWN_CHARACTERS = 120;

/** How many bytes before the first different one a message shows. */
const SHOWN_BYTES_BEFORE = 8;

/**
 * Where two values differ first, and how, as a sentence; null when they are the same.
 *
 * `UNSAID` on either side is like anything. An expected `OneOf` is like each of its alternatives,
 * an expected `Approximately` like the numbers near it. The order of the keys of an object does
 * not matter; that of the elements of a list does.
 */
export function firstDifference(actual: unknown, expected: unknown): string | null {
  const found = difference(actual, expected, 0);
  if (found === null) return null;
  return found.path === ""
    ? found.problem
    : `at ${found.path.replace(/^\./, "")}: ${found.problem}`;
}

interface Difference {
  readonly path: string;
  readonly problem: string;
}

function difference(actual: unknown, expected: unknown, depth: number): Difference | null {
  if (actual === UNSAID || expected === UNSAID) return null;
  if (depth > MAX_DEPTH) return here(`nested more than ${MAX_DEPTH} deep`);
  if (expected instanceof OneOf) return differenceFromAll(actual, expected, depth);
  if (expected instanceof Approximately) return differenceFromNear(actual, expected);
  if (Object.is(actual, expected)) return null;
  const type = typeName(expected);
  if (typeName(actual) !== type) return unlike(actual, expected);
  if (expected instanceof Uint8Array) return byteDifference(actual as Uint8Array, expected);
  if (Array.isArray(expected)) return listDifference(actual as unknown[], expected, depth);
  if (type === "object") return keyDifference(actual as object, expected as object, depth);
  return unlike(actual, expected);
}

function differenceFromAll(actual: unknown, expected: OneOf, depth: number): Difference | null {
  const problems: string[] = [];
  for (const alternative of expected.alternatives) {
    const found = difference(actual, alternative, depth + 1);
    if (found === null) return null;
    problems.push(found.path === "" ? found.problem : `at ${found.path}: ${found.problem}`);
  }
  return here(`like none of ${problems.length} alternatives (${problems.join("; ")})`);
}

function differenceFromNear(actual: unknown, expected: Approximately): Difference | null {
  const { value, tolerance } = expected;
  // Two expectations are compared when one of them was changed.
  if (actual instanceof Approximately) {
    return difference([actual.value, actual.tolerance], [value, tolerance], 0);
  }
  if (typeof actual === "number" && Math.abs(actual - value) <= tolerance) return null;
  return here(`expected ${value} or at most ${tolerance} from it, got ${shown(actual)}`);
}

function byteDifference(actual: Uint8Array, expected: Uint8Array): Difference | null {
  if (Buffer.compare(actual, expected) === 0) return null;
  const shared = Math.min(actual.length, expected.length);
  let index = 0;
  while (index < shared && actual[index] === expected[index]) index++;
  const from = Math.max(0, index - SHOWN_BYTES_BEFORE);
  const around = (bytes: Uint8Array) => shown(bytes.subarray(from));
  const lengths = `${expected.length} bytes, got ${actual.length}`;
  const where = `different from byte ${index} on`;
  const shows = `from byte ${from} on expected ${around(expected)}, got ${around(actual)}`;
  return here(`expected ${lengths}, ${where}; ${shows}`);
}

function listDifference(
  actual: readonly unknown[],
  expected: readonly unknown[],
  depth: number,
): Difference | null {
  const shared = Math.min(actual.length, expected.length);
  for (let index = 0; index < shared; index++) {
    if (Object.hasOwn(actual, index) !== Object.hasOwn(expected, index)) {
      return inside(`[${index}]`, here("one list has a hole and the other has not"));
    }
    const found = difference(actual[index], expected[index], depth + 1);
    if (found !== null) return inside(`[${index}]`, found);
  }
  if (actual.length !== expected.length) {
    const longer = actual.length > expected.length ? actual : expected;
    const what = longer === actual ? "the first one too many is" : "the first one missing is";
    const counts = `expected ${expected.length} elements, got ${actual.length}`;
    return here(`${counts}; ${what} ${shown(longer[shared])}`);
  }
  if (Reflect.ownKeys(actual).length === Reflect.ownKeys(expected).length) return null;
  return here("a list has keys besides its elements");
}

function keyDifference(actual: object, expected: object, depth: number): Difference | null {
  for (const key of Reflect.ownKeys(expected)) {
    const step = `.${String(key)}`;
    const value: unknown = Reflect.get(expected, key);
    if (!Object.hasOwn(actual, key)) return inside(step, here(`missing, expected ${shown(value)}`));
    const found = difference(Reflect.get(actual, key), value, depth + 1);
    if (found !== null) return inside(step, found);
  }
  for (const key of Reflect.ownKeys(actual)) {
    if (Object.hasOwn(expected, key)) continue;
    const value = shown(Reflect.get(actual, key));
    return inside(`.${String(key)}`, here(`not expected to be there, got ${value}`));
  }
  return null;
}

/** What must be equal before anything else is looked at; `object` for plain objects alone. */
function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return "object";
  const { constructor } = prototype as { readonly constructor?: { readonly name?: unknown } };
  return String(constructor?.name);
}

function unlike(actual: unknown, expected: unknown): Difference {
  const isSameType = typeName(actual) === typeName(expected);
  const named = (value: unknown) => {
    const isPlain = isSameType || value === null || value === undefined;
    return isPlain ? shown(value) : `${typeName(value)} ${shown(value)}`;
  };
  return here(`expected ${named(expected)}, got ${named(actual)}`);
}

function here(problem: string): Difference {
  return { path: "", problem };
}

function inside(step: string, found: Difference): Difference {
  return { path: step + found.path, problem: found.problem };
}

/** A short form for messages; bytes as the characters that they stand for in a vector. */
function shown(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  const text =
    value instanceof Uint8Array
      ? `bytes ${JSON.stringify(Buffer.from(value).toString("latin1", 0, MAX_SHOWN_CHARACTERS))}`
      : Bun.inspect(value, { depth: 3 }).replace(/\s+/g, " ");
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}...`;
}
