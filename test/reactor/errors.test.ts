import { describe, expect, test } from "bun:test";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { ABORTED, ConnectionClosedError, DONE } from "../../src/reactor/close-reason.ts";
import {
  ConnectError,
  connectErrorFor,
  ConnectionRefusedError,
  DNSLookupError,
  NoRouteError,
  TimeoutError,
} from "../../src/reactor/connect-error.ts";
import { MessageLengthError } from "../../src/reactor/message-length-error.ts";
import { SocketOptionError } from "../../src/reactor/socket-option.ts";

describe("connectErrorFor", () => {
  test.each([
    ["ECONNREFUSED", ConnectionRefusedError],
    ["ETIMEDOUT", TimeoutError],
    ["ENETUNREACH", NoRouteError],
    ["EHOSTUNREACH", NoRouteError],
    ["ENOTFOUND", DNSLookupError],
    ["EAI_AGAIN", DNSLookupError],
    ["EPERM", ConnectError],
  ] as const)("%s has its class", (code, errorClass) => {
    const cause = new Error("as the system said");
    const error = connectErrorFor("tcp 192.0.2.1:7", code, cause);
    expect(error.constructor).toBe(errorClass);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ name: errorClass.name, code, cause, address: "tcp 192.0.2.1:7" });
    expect(error.message).toBe(`Cannot connect to tcp 192.0.2.1:7: ${code}`);
  });
});

describe("errors", () => {
  test("CannotListenError names the address, the code and the cause", () => {
    const cause = new Error("bind");
    const error = new CannotListenError("tcp 127.0.0.1:7", "EACCES", { code: "EACCES", cause });
    expect(error.message).toBe("Cannot listen on tcp 127.0.0.1:7: EACCES");
    expect(error).toMatchObject({ code: "EACCES", cause, address: "tcp 127.0.0.1:7" });
  });

  test("ConnectionClosedError says how the connection ended", () => {
    const cause = new Error("reset");
    expect(new ConnectionClosedError(DONE).message).toBe("Connection done");
    expect(new ConnectionClosedError(ABORTED).message).toBe("Connection aborted");
    const lost = new ConnectionClosedError({ kind: "lost", cause });
    expect(lost).toMatchObject({ message: "Connection lost: reset", cause });
  });

  test("MessageLengthError says how long it is and may be", () => {
    const error = new MessageLengthError("a datagram", 70_000, 65_507);
    expect(error.message).toBe("Cannot send a datagram of 70000 bytes: at most 65507 bytes fit");
    expect(error).toMatchObject({ length: 70_000, maxLength: 65_507 });
  });

  test("SocketOptionError names the option", () => {
    const error = new SocketOptionError("SO_RCVTIMEO", "refused", { code: "EPERM" });
    expect(error.message).toBe("Socket option SO_RCVTIMEO: refused");
    expect(error).toMatchObject({ option: "SO_RCVTIMEO", code: "EPERM" });
  });

  test("close reasons that carry nothing are shared and frozen", () => {
    expect(Object.isFrozen(DONE)).toBe(true);
    expect(Object.isFrozen(ABORTED)).toBe(true);
  });
});
