import { describe, expect, test } from "bun:test";
import { messageOf, systemCodeOf } from "../../src/transport/system-error.ts";

function errorWithCode(get: () => unknown): Error {
  return Object.defineProperty(new Error("a fault"), "code", { get });
}

describe("A failure that has", () => {
  test("a code of the system is named by it", () => {
    const failure = errorWithCode(() => "EACCES");
    expect(systemCodeOf(failure)).toEqual({ code: "EACCES" });
    expect(messageOf(failure)).toBe("EACCES");
  });

  test("no code, or one that is no text or throws, is named by its message", () => {
    const throwing = errorWithCode(() => {
      throw new Error("looked at");
    });
    for (const failure of [new Error("a fault"), errorWithCode(() => 13), throwing]) {
      expect(systemCodeOf(failure)).toEqual({});
      expect(messageOf(failure)).toBe("a fault");
    }
  });

  test("no form that can be read is named all the same", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(systemCodeOf(proxy)).toEqual({});
    expect(messageOf(proxy)).toBe("An object was thrown that throws when it is looked at");
  });
});
