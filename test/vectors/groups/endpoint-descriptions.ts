import {
  readClient,
  type StreamClientDescription,
} from "../../../src/endpoints/client-description.ts";
import {
  clientFromString,
  datagramClientFromString,
} from "../../../src/endpoints/client-from-string.ts";
import { splitDescription } from "../../../src/endpoints/endpoint-string.ts";
import {
  readServer,
  type StreamServerDescription,
} from "../../../src/endpoints/server-description.ts";
import {
  datagramServerFromString,
  serverFromString,
} from "../../../src/endpoints/server-from-string.ts";
import { MemoryReactor } from "../../../src/testing/memory-reactor.ts";
import { TLSFixtureFolder } from "../../endpoints/tls-fixture-folder.ts";
import { tlsFixturePath } from "../../fixtures/tls-fixtures.ts";
import { type Kind, mapped } from "../notation/kind.ts";
import { unknownName } from "../notation/place.ts";
import { choice, either, flag, nullable, number, text, wholeNumber } from "../notation/scalars.ts";
import { byKey, byType, fields, lazily, named, tuple } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";
import { orParseError, parseError } from "./endpoint-strings.ts";

const LISTENING = { port: wholeNumber, backlog: wholeNumber, interface: text };

const innerServer = lazily("a description of a server", (): Kind<object> => serverForm);

const serverForm: Kind<object> = byType({
  tcp: fields({ type: choice("tcp"), ...LISTENING }),
  tcp6: fields({ type: choice("tcp6"), ...LISTENING }),
  ssl: fields({ type: choice("ssl"), ...LISTENING }),
  unix: fields({
    type: choice("unix"),
    address: text,
    mode: wholeNumber,
    backlog: wholeNumber,
    lockfile: flag,
  }),
  tls: fields({ type: choice("tls"), inner: innerServer }),
  haproxy: fields({ type: choice("haproxy"), inner: innerServer }),
  stdio: fields({ type: choice("stdio") }),
  udp: fields({ type: choice("udp"), port: wholeNumber, interface: text }),
});

/** What a server's endpoint string describes; it also makes an endpoint. */
export const ENDPOINT_SERVER: VectorGroup = vectorGroup({
  name: "endpoint.server",
  input: { input: text },
  expect: byKey({ error: parseError, type: serverForm }),
  observe({ input }) {
    using folder = new TLSFixtureFolder("localhost");
    const description = withFiles(input, folder);
    return once(orParseError(() => describedServer(description)));
  },
});

function describedServer(input: string): object {
  const description = readServer(splitDescription(input), []);
  const isUDP = description.type === "udp";
  const endpoint = (isUDP ? datagramServerFromString : serverFromString)(
    new MemoryReactor(),
    input,
  );
  if (!("listen" in endpoint)) throw new Error(`${input} makes an endpoint that cannot listen`);
  if (!isUDP) return formOfServer(description);
  return { type: "udp", port: description.port, interface: description.interface };
}

function formOfServer(description: StreamServerDescription): object {
  switch (description.type) {
    case "tcp":
    case "tcp6":
    case "ssl": {
      const { type, port, backlog } = description;
      return { type, port, backlog, interface: description.interface };
    }
    case "unix": {
      const { type, address, mode, backlog, lockfile } = description;
      return { type, address, mode, backlog, lockfile };
    }
    case "tls":
    case "haproxy":
      return { type: description.type, inner: formOfServer(description.inner) };
    case "stdio":
      return { type: "stdio" };
    case "systemd":
    case "registered":
      throw new Error(`The vectors have no form for an endpoint of the type ${description.type}`);
  }
}

/** A name that stands for something that the test has set up, such as `@PEM@`. */
const FILE_NAME = /@(\w+)@/g;

function withFiles(input: string, folder: TLSFixtureFolder): string {
  const files = new Map([
    ["PEM", folder.file("localhost.pem")],
    ["DIR", folder.path],
    ["KEY", tlsFixturePath("localhost.key")],
    ["CERT", tlsFixturePath("localhost.pem")],
  ]);
  return input.replace(FILE_NAME, (_, name: string) => {
    const file = files.get(name);
    if (file !== undefined) return file;
    throw unknownName("file", name, files.keys());
  });
}

/** A local address is also written with its port, which is always 0. */
const bindAddress = named(
  "bindAddress",
  nullable(
    mapped(either(text, tuple(text, choice(0))), (given) => {
      return typeof given === "string" ? ([given, 0] as const) : given;
    }),
  ),
);

const CONNECTING = { host: text, port: wholeNumber, timeout: number, bindAddress };

const innerClient = lazily("a description of a client", (): Kind<object> => clientForm);

const clientForm: Kind<object> = byType({
  tcp: fields({ type: choice("tcp"), ...CONNECTING }),
  ssl: fields({ type: choice("ssl"), ...CONNECTING }),
  unix: fields({ type: choice("unix"), path: text, timeout: number, lockfile: flag }),
  tls: byKey({
    inner: fields({ type: choice("tls"), inner: innerClient }),
    // The endpoint that TLS goes over may be left out when it is of TCP, and its fields stand here.
    host: mapped(fields({ type: choice("tls"), ...CONNECTING }), ({ type, ...inner }) => {
      return { type, inner: { type: "tcp", ...inner } };
    }),
  }),
  udp: fields({ type: choice("udp"), host: text, port: wholeNumber, bindAddress }),
});

/** What a client's endpoint string describes; it also makes an endpoint. */
export const ENDPOINT_CLIENT: VectorGroup = vectorGroup({
  name: "endpoint.client",
  input: { input: text },
  expect: byKey({ error: parseError, type: clientForm }),
  observe({ input }) {
    using folder = new TLSFixtureFolder("localhost");
    const description = withFiles(input, folder);
    return once(orParseError(() => describedClient(description)));
  },
});

function describedClient(input: string): object {
  const description = readClient(splitDescription(input), []);
  const isUDP = description.type === "udp";
  const endpoint = (isUDP ? datagramClientFromString : clientFromString)(
    new MemoryReactor(),
    input,
  );
  if (!("connect" in endpoint)) throw new Error(`${input} makes an endpoint that cannot connect`);
  if (!isUDP) return formOfClient(description);
  const { type, host, port } = description;
  return { type, host, port, bindAddress: formOfBindAddress(description) };
}

function formOfClient(description: StreamClientDescription): object {
  switch (description.type) {
    case "tcp":
    case "ssl": {
      const { type, host, port, timeout } = description;
      return { type, host, port, timeout, bindAddress: formOfBindAddress(description) };
    }
    case "unix": {
      const { type, path, timeout, lockfile } = description;
      return { type, path, timeout, lockfile };
    }
    case "tls":
      return { type: "tls", inner: formOfClient(description.inner) };
    case "registered":
      throw new Error("The vectors have no form for an endpoint of a registered type");
  }
}

function formOfBindAddress(description: {
  readonly bindAddress: string | null;
}): readonly [string, 0] | null {
  return description.bindAddress === null ? null : [description.bindAddress, 0];
}
