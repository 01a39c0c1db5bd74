import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readClient } from "../../src/endpoints/client-description.ts";
import { clientFromString } from "../../src/endpoints/client-from-string.ts";
import { EndpointParseError } from "../../src/endpoints/endpoint-parse-error.ts";
import { splitDescription } from "../../src/endpoints/endpoint-string.ts";
import { readServer } from "../../src/endpoints/server-description.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { parseErrorOf } from "./parse-error-of.ts";

function describeServer(description: string) {
  return readServer(splitDescription(description), []);
}

function describeClient(description: string) {
  return readClient(splitDescription(description), []);
}

/** One byte more than a path may have. */
const TOO_LONG = `/${"x".repeat(107)}`;

/** Bad strings, and what the error says of each. */
const BAD_SERVERS: readonly [
  description: string,
  detail: string,
  part: string,
  position: number,
][] = [
  ["", "there is no type", "", 0],
  [":80", "there is no type", "", 0],
  ["port=80", "there is no type", "port=80", 0],
  ["ftl:80", '"ftl" is no type of server endpoint: known are tcp, tcp6, unix', "ftl", 0],
  ["constructor:80", '"constructor" is no type', "constructor", 0],
  ["tcp", 'tcp needs "port"', "tcp", 0],
  ["tcp:", '"" is no port', "", 4],
  ["tcp:65536", '"65536" is no port: a whole number from 0 to 65535', "65536", 4],
  ["tcp:-1", '"-1" is no port', "-1", 4],
  ["tcp:8O", '"8O" is no port', "8O", 4],
  ["tcp:0x50", '"0x50" is no port', "0x50", 4],
  ["tcp: 80", '" 80" is no port', " 80", 4],
  ["tcp:80:eth0", '"eth0" is no IPv4 or IPv6 address', "eth0", 7],
  ["tcp:80:interface=\\:\\:x", '"::x" is no IPv4 or IPv6 address', "interface=\\:\\:x", 7],
  ["tcp:80:backlog=1:backlog=2", '"backlog" is given twice', "backlog=2", 17],
  ["tcp:80:port=80", '"port" is given twice', "port=80", 7],
  ["tcp:80:nosuch=1", '"nosuch" is unknown: tcp takes port, interface, backlog', "nosuch=1", 7],
  ["tcp:80:Backlog=1", '"Backlog" is unknown', "Backlog=1", 7],
  ["tcp:80:127.0.0.1:5:6", '"6" is one value too many', "6", 19],
  ["tcp6:80:interface=127.0.0.1", '"127.0.0.1" is no IPv6 address', "interface=127.0.0.1", 8],
  [
    "tcp:80:interface=::1",
    '"interface" is given twice; a colon within a value is written "\\:"',
    "",
    18,
  ],
  ["tcp6:80:::1", 'by place; a colon within a value is written "\\:"', "1", 10],
  ["tcp6:80:::1", '"1" is one value too many: tcp6 takes at most port, backlog', "1", 10],
  ["unix:", '"address" is empty', "", 5],
  [`unix:${TOO_LONG}`, '"address" cannot be used: the path has 108 bytes: 1 to 107', TOO_LONG, 5],
  ["unix:/x:mode=8", '"8" is no mode: an octal number from 0 to 7777', "mode=8", 8],
  ["unix:/x:lockfile=yes", '"yes" is no lockfile: 0 or 1', "lockfile=yes", 8],
  ["ssl:443:sslmethod=TLSv1_METHOD", '"TLSv1_METHOD" cannot be chosen', "", 8],
  ["ssl:443:dhParameters=/dh", "dhParameters cannot be used", "dhParameters=/dh", 8],
  ["ssl:443:privateKey=/no/such.pem", 'privateKey file "/no/such.pem" cannot be read', "", 8],
  ["tls:/no/such/folder", 'folder "/no/such/folder" cannot be used: ENOENT', "", 4],
  ["tls:", '"path" is empty', "", 4],
  ["stdio:now", '"now" is one value too many: stdio takes no value', "now", 6],
  ["stdio:a=b", '"a" is unknown: stdio takes nothing', "a=b", 6],
  ["systemd:INET", "systemd needs either index or name", "systemd", 0],
  ["systemd:INET:0:name=web", "systemd needs either index or name", "name=web", 15],
  ["systemd:domain=IPX:index=0", '"IPX" is no domain: one of INET', "domain=IPX", 8],
  ["systemd:INET:first", '"first" is no index', "first", 13],
  ["haproxy", "haproxy needs an endpoint behind it", "haproxy", 0],
  ["haproxy:", "there is no type", "", 8],
  ["haproxy:udp:53", "haproxy cannot be in front of udp", "haproxy", 0],
  ["haproxy:haproxy:tcp:80", "haproxy cannot be in front of haproxy", "haproxy", 0],
  ["haproxy:tcp:http", '"http" is no port', "http", 12],
  ["udp:53", "datagramServerFromString makes an endpoint of it", "udp", 0],
];

const BAD_CLIENTS: readonly [
  description: string,
  detail: string,
  part: string,
  position: number,
][] = [
  ["tcp:example.org", 'tcp needs "port"', "tcp", 0],
  ["tcp:host=example.org", 'tcp needs "port"', "tcp", 0],
  ["tcp::80", '"host" is empty', "", 4],
  ["tcp:[\\:\\:1]:80", '"[::1]" is no host: a name or an IP address is needed', "", 4],
  ["tcp:example.org :80", '"example.org " is no host', "", 4],
  ["udp:a/b:53", '"a/b" is no host', "", 4],
  ["tcp:a:80:nosuch=1", "tcp takes host, port, timeout, bindAddress (in", "nosuch=1", 9],
  ["tcp:a:80:81", '"81" is one value too many: tcp takes at most host, port', "81", 9],
  ["tcp:host=a:80:81", '"81" is one value too many', "81", 14],
  ["tcp:a:80:timeout=-1", '"-1" is no timeout in seconds', "timeout=-1", 9],
  ["tcp:a:80:timeout=1e3", '"1e3" is no timeout in seconds', "timeout=1e3", 9],
  ["tcp:a:80:bindAddress=b", '"b" is no IPv4 or IPv6 address', "bindAddress=b", 9],
  ["tcp:a:0", '"0" is no port: a whole number from 1 to 65535', "0", 6],
  ["ssl:a:0", '"0" is no port: a whole number from 1 to 65535', "0", 6],
  ["tls:a:0", '"0" is no port: a whole number from 1 to 65535', "0", 6],
  ["udp:a:0", '"0" is no port: a whole number from 1 to 65535', "0", 6],
  [`unix:${TOO_LONG}`, '"path" cannot be used: the path has 108 bytes: 1 to 107', TOO_LONG, 5],
  ["unix:/x:9", '"9" is one value too many', "9", 8],
  ["tls:a:443:privateKey=/k", '"privateKey" is of no use without "certificate"', "", 10],
  ["ssl:a:443:privateKey=/k", '"privateKey" is of no use without "certKey"', "", 10],
  ["ssl:a:443:hostname=", '"hostname" is empty', "hostname=", 10],
  ["tls:a:443:trustRoots=/no", 'trustRoots folder "/no" cannot be read: ENOENT', "", 10],
  ["tls:a:443:endpoint=tcp\\:b\\:x", '"x" is no port', "endpoint=tcp\\:b\\:x", 10],
  ["tls:a:443:endpoint=udp\\:b\\:1", "TLS cannot go over udp", "", 10],
  ["tls:a:443:nosuch=1", '"nosuch" is unknown: tls takes host, port', "nosuch=1", 10],
  ["udp:a:53", "datagramClientFromString makes an endpoint of it", "udp", 0],
  ["systemd:INET:0", '"systemd" is no type of client endpoint', "systemd", 0],
];

describe("EndpointParseError", () => {
  for (const [description, detail, part, position] of BAD_SERVERS) {
    test(`server "${description}": ${detail}`, () => {
      const error = parseErrorOf(() => serverFromString(new MemoryReactor(), description));
      expect(error.message).toStartWith(`Cannot use endpoint "${description}": `);
      expect(error.message).toContain(detail);
      expect(error).toMatchObject({ description, position });
      expect(description.slice(position)).toStartWith(part);
      expect(error.part).toStartWith(part);
    });
  }

  for (const [description, detail, part, position] of BAD_CLIENTS) {
    test(`client "${description}": ${detail}`, () => {
      const error = parseErrorOf(() => clientFromString(new MemoryReactor(), description));
      expect(error.message).toContain(detail);
      expect(error).toMatchObject({ description, position });
      expect(error.part).toStartWith(part);
    });
  }

  test("a path with a NUL character that is not its first", () => {
    for (const make of [serverFromString, clientFromString]) {
      const error = parseErrorOf(() => make(new MemoryReactor(), "unix:/x\0y"));
      expect(error.message).toContain("the path has a NUL character at position 2");
      expect(error).toMatchObject({ part: "/x\0y", position: 5 });
    }
  });

  test("statement 39: whatever the string, there is an endpoint or this error, and no other", () => {
    const word = fc.constantFrom(
      ...["tcp", "tcp6", "unix", "ssl", "tls", "udp", "haproxy", "stdio", "80", "", "/tmp/x"],
      ...["=", "\\", "port=1", "host=h", "interface=\\:\\:1", "timeout=9", "endpoint=tcp", "é"],
    );
    const strings = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 6 }).map((all) => all.join(":")),
    );
    const reactor = new MemoryReactor();
    fc.assert(
      fc.property(strings, (description) => {
        for (const make of [serverFromString, clientFromString]) {
          try {
            make(reactor, description);
          } catch (error) {
            expect(error).toBeInstanceOf(EndpointParseError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("endpoint strings: case", () => {
  test("types may be written in upper and lower case, for servers and clients alike", () => {
    expect(describeServer("TCP:80")).toMatchObject({ type: "tcp", port: 80 });
    expect(describeServer("HAProxy:Unix:/x")).toMatchObject({ inner: { type: "unix" } });
    expect(describeClient("Unix:/x")).toMatchObject({ type: "unix", path: "/x" });
  });

  test("the domain of systemd may be written in lower case", () => {
    expect(describeServer("systemd:inet6:3")).toMatchObject({
      domain: "INET6",
      socket: { index: 3 },
    });
  });
});

describe("endpoint strings: further forms", () => {
  test("a path may have 107 bytes, and an abstract name begins with a NUL character", () => {
    for (const path of [TOO_LONG.slice(1), "\0name"]) {
      expect(describeServer(`unix:${path}`)).toMatchObject({ address: path });
      expect(describeClient(`unix:${path}`)).toMatchObject({ path });
    }
  });

  test("tls takes an IPv4 interface, and all its values by place", () => {
    expect(describeServer("tls:/certificates:8443:7:127.0.0.1")).toMatchObject({
      path: { path: "/certificates" },
      inner: { type: "tcp", port: 8443, backlog: 7, interface: "127.0.0.1" },
    });
  });

  test("ssl takes the methods that mean what there is", () => {
    expect(describeServer("ssl:443:sslmethod=SSLv23_METHOD")).toMatchObject({ type: "ssl" });
  });

  test("times may have a fraction", () => {
    expect(describeClient("tcp:h:1:timeout=0.25")).toMatchObject({ timeout: 0.25 });
  });

  test("tls takes its first values by place, and finds the name to verify", () => {
    expect(describeClient("tls:example.org:443:5:127.0.0.1")).toMatchObject({
      host: "example.org",
      inner: { host: "example.org", port: 443, timeout: 5, bindAddress: "127.0.0.1" },
    });
  });

  test("udp takes a host and a port as tcp does", () => {
    const udp = { type: "udp", host: "example.org", port: 53, bindAddress: null };
    expect(describeClient("udp:example.org:53")).toMatchObject(udp);
    expect(describeClient("udp:host=example.org:53")).toMatchObject(udp);
  });
});
