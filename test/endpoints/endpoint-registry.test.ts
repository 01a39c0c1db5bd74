import { describe, expect, test } from "bun:test";
import { clientFromString } from "../../src/endpoints/client-from-string.ts";
import { EndpointParseError } from "../../src/endpoints/endpoint-parse-error.ts";
import {
  type EndpointStringArguments,
  registerEndpointType,
} from "../../src/endpoints/endpoint-registry.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { TCPClientEndpoint, TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import type { Reactor } from "../../src/reactor/reactor.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { parseErrorOf } from "./parse-error-of.ts";

function parseServer(reactor: Reactor): TCPServerEndpoint {
  return new TCPServerEndpoint(reactor, { port: 80 });
}

describe("registerEndpointType", () => {
  test("its strings make its endpoints, with what they say by place and by name", () => {
    const reactor = new MemoryReactor();
    const seen: [Reactor, EndpointStringArguments][] = [];
    const server = new TCPServerEndpoint(reactor);
    const client = new TCPClientEndpoint(reactor, { host: "127.0.0.1", port: 1 });
    using _ = registerEndpointType("Onion", {
      parseServer(given, said) {
        seen.push([given, said]);
        return server;
      },
      parseClient: () => client,
    });
    expect(serverFromString(reactor, "onion:a\\:b:depth=3:c")).toBe(server);
    expect(seen).toEqual([
      [reactor, { places: ["a:b", "c"], keywords: new Map([["depth", "3"]]) }],
    ]);
    expect(clientFromString(reactor, "ONION")).toBe(client);
  });

  test("it is there until it is taken back", () => {
    const reactor = new MemoryReactor();
    {
      using _ = registerEndpointType("onion", { parseServer });
      expect(serverFromString(reactor, "onion:")).toBeInstanceOf(TCPServerEndpoint);
    }
    const error = parseErrorOf(() => serverFromString(reactor, "onion:"));
    expect(error.message).toContain('"onion" is no type of server endpoint');
    using _again = registerEndpointType("onion", { parseServer });
  });

  test("haproxy and tls may have it inside", () => {
    const reactor = new MemoryReactor();
    using _ = registerEndpointType("onion", {
      parseServer,
      parseClient: () => new TCPClientEndpoint(reactor, { host: "127.0.0.1", port: 1 }),
    });
    expect(serverFromString(reactor, "haproxy:onion:x")).toHaveProperty("listen");
    expect(clientFromString(reactor, "tls:a:1:endpoint=onion\\:x")).toHaveProperty("connect");
  });

  test("without one of the methods there are no endpoints of that side", () => {
    using _ = registerEndpointType("onion", { parseServer });
    const error = parseErrorOf(() => clientFromString(new MemoryReactor(), "onion:"));
    expect(error.message).toContain('"onion" is no type of client endpoint');
  });

  test("what its parser throws is an EndpointParseError with that as its cause", () => {
    const cause = new RangeError("too deep");
    using _ = registerEndpointType("onion", {
      parseServer() {
        throw cause;
      },
    });
    const error = parseErrorOf(() => serverFromString(new MemoryReactor(), "onion:9"));
    expect(error).toMatchObject({ cause, part: "onion", position: 0 });
    expect(error.message).toContain("too deep");
  });

  test("a keyword that is there twice is refused before its parser sees it", () => {
    using _ = registerEndpointType("onion", { parseServer });
    const error = parseErrorOf(() => serverFromString(new MemoryReactor(), "onion:a=1:a=2"));
    expect(error).toMatchObject({ position: 10 });
    expect(error).toBeInstanceOf(EndpointParseError);
  });

  test("a type that is there already, and a prefix that is no word, are refused", () => {
    using _ = registerEndpointType("onion", { parseServer });
    for (const taken of ["onion", "Onion", "tcp", "stdio", "haproxy"]) {
      expect(() => registerEndpointType(taken, { parseServer })).toThrow("there is one already");
    }
    for (const odd of ["", "a:b", "a=b", "1a", "é"]) {
      expect(() => registerEndpointType(odd, { parseServer })).toThrow(RangeError);
    }
  });
});
