import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { clientFromString } from "../../src/endpoints/client-from-string.ts";
import { quoteStringArgument } from "../../src/endpoints/endpoint-string.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { TLSFolder } from "../../src/endpoints/tls-folder.ts";
import { TLSFolderEndpoint } from "../../src/endpoints/tls-folder-endpoint.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import type { DelayedCall } from "../../src/reactor/clock.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { hasIPv6 } from "../bun/ipv6-support.ts";
import { TLSRecorder } from "../bun/tls-recorder.ts";
import { TEST_AUTHORITY, tlsFixturePath } from "../fixtures/tls-fixtures.ts";
import { parseErrorOf } from "./parse-error-of.ts";
import { TLSFixtureFolder } from "./tls-fixture-folder.ts";

/** A folder with the authority's certificate, as `trustRoots` and `caCertsDir` want it. */
class AuthorityFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "pretzel-authority-"));

  constructor() {
    Bun.spawnSync(["cp", tlsFixturePath("ca.pem"), this.path]);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

const CERTIFICATE = quoteStringArgument(tlsFixturePath("localhost.pem"));
const KEY = quoteStringArgument(tlsFixturePath("localhost.key"));

describe("endpoint strings: ssl and tls", () => {
  test("ssl and tls clients reach an ssl server, and verify it", async () => {
    const reactor = new BunReactor();
    using authorities = new AuthorityFolder();
    const description = `ssl:0:privateKey=${KEY}:certKey=${CERTIFICATE}:interface=127.0.0.1`;
    const factory = Factory.forProtocol(TLSRecorder);
    await using port = await serverFromString(reactor, description).listen(factory);
    const where = `127.0.0.1:${(port.host as InternetAddress).port}`;
    const over = quoteStringArgument(`tcp:${where}`);
    for (const client of [
      `ssl:${where}:caCertsDir=${authorities.path}`,
      `ssl:${where}:caCertsDir=${authorities.path}:hostname=localhost`,
      `tls:${where}:trustRoots=${authorities.path}`,
      `tls:localhost:1:trustRoots=${authorities.path}:endpoint=${over}`,
    ]) {
      const protocol = await clientFromString(reactor, client).connect(factory);
      expect(protocol.info).toMatchObject({ authorized: true });
      protocol.connection.abortConnection();
    }
    for (const client of [
      `ssl:${where}`,
      `ssl:${where}:caCertsDir=${authorities.path}:hostname=other.example`,
      `tls:${where}`,
    ]) {
      const connecting = clientFromString(reactor, client).connect(factory);
      await expect(connecting).rejects.toThrow("TLS");
    }
  });

  test("a client shows its certificate", async () => {
    const reactor = new BunReactor();
    using authorities = new AuthorityFolder();
    const authority = await Bun.file(tlsFixturePath("ca.pem")).text();
    const completed = Promise.withResolvers<TLSRecorder>();
    await using port = await reactor.listenTCP(
      {
        tls: {
          key: await Bun.file(tlsFixturePath("localhost.key")).text(),
          certificate: await Bun.file(tlsFixturePath("localhost.pem")).text(),
          clientCertificate: "required",
          authorities: authority,
        },
      },
      new Factory(() => new TLSRecorder({}, completed.resolve)),
    );
    const [certificate, key] = [tlsFixturePath("client.pem"), tlsFixturePath("client.key")];
    const files = `certificate=${certificate}:privateKey=${key}`;
    const client = await clientFromString(
      reactor,
      `tls:127.0.0.1:${port.host.port}:trustRoots=${authorities.path}:${files}`,
    ).connect(Factory.forProtocol(TLSRecorder));
    expect((await completed.promise).info).toMatchObject({
      authorized: true,
      peerCertificate: { subject: "client.example" },
    });
    client.connection.abortConnection();
  });

  test("files that hold the wrong thing are named, with the part of the string", () => {
    using folder = new TLSFixtureFolder();
    writeFileSync(folder.file("empty.pem"), "");
    const failures: [string, string, number][] = [
      [`ssl:1:privateKey=${CERTIFICATE}`, "has no PRIVATE KEY in PEM", 6],
      [`ssl:1:privateKey=${KEY}`, "has no CERTIFICATE in PEM", 6],
      [
        `ssl:1:privateKey=${KEY}:certKey=${tlsFixturePath("other.pem")}`,
        "KEY_VALUES_MISMATCH",
        18 + KEY.length,
      ],
      [`tls:${folder.path}`, "cannot be used", 4],
    ];
    for (const [description, detail, position] of failures) {
      const error = parseErrorOf(() => serverFromString(new MemoryReactor(), description));
      expect(error.message).toContain(detail);
      expect(error.position).toBe(position);
    }
    const noAuthority = `tls:a:1:trustRoots=${folder.path}`;
    const error = parseErrorOf(() => clientFromString(new MemoryReactor(), noAuthority));
    expect(error.message).toContain("has no .pem file with a certificate");
  });

  test.skipIf(!hasIPv6)("tls serves the names of a folder, on IPv4 too (needs ::1)", async () => {
    const reactor = new BunReactor();
    using folder = new TLSFixtureFolder("localhost", "other");
    using authorities = new AuthorityFolder();
    const factory = Factory.forProtocol(TLSRecorder);
    const description = `tls:${folder.path}:port=0`;
    await using port = await serverFromString(reactor, description).listen(factory);
    const { port: number } = port.host as InternetAddress;
    const over = quoteStringArgument(`tcp:127.0.0.1:${number}`);
    for (const [name, subject] of [
      ["localhost", "localhost"],
      ["other.example", "other.example"],
      ["a.wild.example", "other.example"],
    ]) {
      const client = `tls:${name}:1:trustRoots=${authorities.path}:endpoint=${over}`;
      const protocol = await clientFromString(reactor, client).connect(factory);
      expect(protocol.info?.peerCertificate?.subject).toBe(subject as string);
      protocol.connection.abortConnection();
    }
  });
});

/** A reactor whose time stands still, so that a test decides when the folder is looked at. */
class PausedReactor extends BunReactor {
  readonly clock = new ManualClock();

  override callLater(delayMs: number, call: () => void): DelayedCall {
    return this.clock.callLater(delayMs, call);
  }
}

describe("TLSFolder", () => {
  test("default.pem, or else the first file, is for those who ask for no name", () => {
    using folder = new TLSFixtureFolder("localhost", "other");
    const first = new TLSFolder(folder.path).read();
    expect(first.certificate).toContain(first.serverNames?.["localhost"]?.certificate ?? "none");
    folder.put("default.pem", "other");
    const other = new TLSFolder(folder.path).read();
    expect(other.certificate).toBe(other.serverNames?.["other.example"]?.certificate as string);
    expect(Object.keys(other.serverNames ?? {}).sort()).toEqual([
      "*.wild.example",
      "localhost",
      "other.example",
    ]);
  });

  test("new files are served to those who come later, and bad ones are reported once", async () => {
    const reactor = new PausedReactor();
    const logger = new MemoryLogger();
    using folder = new TLSFixtureFolder("localhost");
    const endpoint = new TLSFolderEndpoint(reactor, {}, new TLSFolder(folder.path), logger);
    const port = await endpoint.listen(Factory.forProtocol(TLSRecorder));
    const where = { host: "127.0.0.1", port: (port.host as InternetAddress).port };
    const connectsTo = async (serverName: string) => {
      const tls = { authorities: TEST_AUTHORITY, serverName };
      const factory = Factory.forProtocol(TLSRecorder);
      const client = await new BunReactor().connectTCP({ ...where, tls }, factory);
      client.connection.abortConnection();
      return client.info?.authorized;
    };
    expect(await connectsTo("localhost")).toBe(true);
    folder.put("localhost.pem", "other");
    utimesSync(folder.file("localhost.pem"), 1, 1);
    reactor.clock.advance(9_999);
    expect(await connectsTo("localhost")).toBe(true);
    reactor.clock.advance(1);
    expect(await connectsTo("other.example")).toBe(true);
    await expect(connectsTo("localhost")).rejects.toThrow("TLS");
    writeFileSync(folder.file("localhost.pem"), "half a file");
    reactor.clock.advance(60_000);
    expect(await connectsTo("other.example")).toBe(true);
    expect(logger.reports.map(({ message }) => message)).toEqual([
      `the certificates of "${folder.path}" stay as they are`,
    ]);
    rmSync(folder.path, { recursive: true });
    reactor.clock.advance(60_000);
    expect(logger.reports).toHaveLength(2);
    await port.stopListening();
    expect(reactor.clock.pending).toBe(0);
    await port.startListening();
    expect(reactor.clock.pending).toBe(1);
    await port.drain();
    expect(reactor.clock.pending).toBe(0);
  });

  test("a start that a stop follows before it is done leaves nothing looking", async () => {
    const reactor = new PausedReactor();
    using folder = new TLSFixtureFolder("localhost");
    const logger = new MemoryLogger();
    const endpoint = new TLSFolderEndpoint(reactor, {}, new TLSFolder(folder.path), logger);
    const port = await endpoint.listen(Factory.forProtocol(TLSRecorder));
    await Promise.all([port.stopListening(), port.startListening(), port.stopListening()]);
    expect(reactor.clock.pending).toBe(0);
  });

  test("the reactor's stop ends the looking", async () => {
    const reactor = new PausedReactor();
    using folder = new TLSFixtureFolder("localhost");
    const logger = new MemoryLogger();
    const endpoint = new TLSFolderEndpoint(reactor, {}, new TLSFolder(folder.path), logger);
    const run = reactor.run();
    await endpoint.listen(Factory.forProtocol(TLSRecorder));
    await reactor.stop();
    await run;
    expect(reactor.clock.pending).toBe(0);
  });
});
