import { expect, test } from "bun:test";
import { classNameOf } from "../../src/reactor/class-name.ts";

test("classNameOf: the name of the class, also where it has none", () => {
  class Named {}
  expect(classNameOf(new Named())).toBe("Named");
  expect(classNameOf(new (class {})())).toBe("a class without a name");
  expect(classNameOf(Object.create(null))).toBe("a class without a name");
  expect(classNameOf(null)).toBe("a class without a name");
});
