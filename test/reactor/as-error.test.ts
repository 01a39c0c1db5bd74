import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { asError } from "../../src/reactor/as-error.ts";

const raise = (): never => {
  throw new Error("looked at");
};

/** An error with a getter instead of one of its own properties. */
function errorWith(name: "message" | "stack", get: () => unknown): Error {
  return Object.defineProperty(new Error("a fault"), name, { get });
}

/** Every trap throws. */
function hostile<T extends object>(target: T): T {
  return new Proxy(target, new Proxy({}, { get: () => raise }));
}

const TEXTS: readonly (readonly [string, unknown, string])[] = [
  ["a string", "a fault", "a fault"],
  ["an empty string", "", ""],
  ["undefined", undefined, "undefined"],
  ["null", null, "null"],
  ["a number", 7, "7"],
  ["a symbol", Symbol("fault"), "Symbol(fault)"],
  ["an object", { code: 7 }, "{ code: 7 }"],
  ["an object without a prototype", Object.create(null), "[Object: null prototype] {}"],
  ["an object whose toString throws", { toString: raise }, "{ toString: [Function: raise] }"],
];

const HOSTILE: readonly (readonly [string, unknown])[] = [
  ["an object that throws when it is inspected", { [inspect.custom]: raise }],
  ["a Proxy whose traps throw", hostile({})],
  ["a Proxy of an error whose traps throw", hostile(new Error("a fault"))],
  ["a revoked Proxy", revoked()],
  ["an error whose message throws", errorWith("message", raise)],
  ["an error whose stack throws", errorWith("stack", raise)],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("asError", () => {
  test("an error is given back as it is", () => {
    for (const fault of [new Error("a fault"), new TypeError("", { cause: 7 })]) {
      expect(asError(fault)).toBe(fault);
    }
  });

  test.each(TEXTS)("%s becomes an error that shows it, with it as the cause", (_, thrown, text) => {
    const error = asError(thrown);
    expect(error.message).toBe(text);
    expect(error.cause).toBe(thrown);
  });

  test.each(HOSTILE)("%s becomes an error that can be read, with it as the cause", (_, thrown) => {
    const error = asError(thrown);
    expect(typeof error.message).toBe("string");
    expect(error.stack).toContain(error.message);
    expect(Object.is(error.cause, thrown)).toBe(true);
  });

  test("an error whose message is no text is shown like any object", () => {
    const thrown = errorWith("message", () => 7);
    expect(asError(thrown)).toMatchObject({ cause: thrown, message: expect.any(String) });
  });

  test("a function that throws when it is looked at is called one", () => {
    const { message } = asError(hostile(() => undefined));
    expect(message).toBe("A function was thrown that throws when it is looked at");
  });
});
