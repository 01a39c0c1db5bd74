import { describe, expect, test } from "bun:test";
import { describeSocketOptions } from "../../src/native/describe-socket-options.ts";
import { libcOrNull, loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { SOCKET_OPTION_NAMES } from "../../src/native/socket-option-table.ts";
import { openDescriptors } from "./open-descriptors.ts";

function described(name: string) {
  const found = describeSocketOptions().find((each) => each.name === name);
  if (found === undefined) throw new Error(`${name} is not described`);
  return found;
}

describe.skipIf(libcOrNull() === null)("describeSocketOptions (needs libc)", () => {
  test("every option of the table is described once, in its order", () => {
    expect(describeSocketOptions().map(({ name }) => name)).toEqual([...SOCKET_OPTION_NAMES]);
  });

  test("an option of both kinds has the value of a fresh socket", () => {
    expect(described("SO_KEEPALIVE")).toEqual({
      name: "SO_KEEPALIVE",
      level: "SOL_SOCKET",
      stream: { value: false, unsupported: null },
      datagram: { value: false, unsupported: null },
    });
  });

  test("an option of streams alone is unsupported for datagrams, with the reason", () => {
    const { level, stream, datagram } = described("TCP_KEEPCNT");
    expect(level).toBe("IPPROTO_TCP");
    expect(stream.value).toBeGreaterThan(0);
    expect(datagram).toEqual({
      value: null,
      unsupported: "not an option of a UDP socket here (EOPNOTSUPP)",
    });
  });

  test("a refused option has the reason for either", () => {
    const { stream, datagram } = described("SO_RCVTIMEO");
    expect(stream.unsupported).toContain("use a timeout of the reactor");
    expect(datagram).toEqual(stream);
  });

  test("the sockets are closed again", () => {
    const before = openDescriptors();
    describeSocketOptions();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});

test("describeSocketOptions: without libc it says so", () => {
  using _ = replaceLibc(loadLibc([]));
  expect(describeSocketOptions).toThrow("Cannot describe socket options: libc could not be loaded");
});
