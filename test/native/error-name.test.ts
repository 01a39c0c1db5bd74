import { expect, test } from "bun:test";
import { constants } from "node:os";
import { errorName } from "../../src/native/error-name.ts";

test("errorName: a number and its negative have one name", () => {
  expect(errorName(constants.errno.ECONNREFUSED)).toBe("ECONNREFUSED");
  expect(errorName(-constants.errno.ECONNREFUSED)).toBe("ECONNREFUSED");
});

test("errorName: every number of the system has one of its names", () => {
  const table: Readonly<Record<string, number>> = constants.errno;
  for (const number of Object.values(table)) {
    expect(table[errorName(number)]).toBe(number);
  }
});

test("errorName: of names that share a number, the one sockets use", () => {
  expect(errorName(constants.errno.EWOULDBLOCK)).toBe("EAGAIN");
  expect(errorName(constants.errno.EOPNOTSUPP)).toBe("EOPNOTSUPP");
});

test("errorName: a number without a name is shown as it is", () => {
  expect(errorName(-524)).toBe("errno 524");
});
