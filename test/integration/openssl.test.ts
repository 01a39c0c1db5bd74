import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { TLSServerOptions } from "../../src/reactor/tls.ts";
import { TLSRecorder } from "../bun/tls-recorder.ts";
import {
  CLIENT,
  LOCALHOST,
  OTHER,
  TEST_AUTHORITY,
  tlsFixturePath,
} from "../fixtures/tls-fixtures.ts";
import { OpenSSLProgram } from "./openssl-program.ts";

const SERVER: TLSServerOptions = {
  ...LOCALHOST,
  alpnProtocols: ["imap", "smtp"],
  serverNames: { "other.example": OTHER },
  authorities: TEST_AUTHORITY,
  clientCertificate: "optional",
};

const TRUST = ["-CAfile", tlsFixturePath("ca.pem"), "-verify_return_error"];

async function echoServer() {
  const servers: TLSRecorder[] = [];
  const build = () => {
    const server = new TLSRecorder({ dataReceived: (me, data) => me.connection.write(data) });
    servers.push(server);
    return server;
  };
  const port = await new BunReactor().listenTCP({ tls: SERVER }, new Factory(build));
  const target = `127.0.0.1:${port.host.port}`;
  return { port, target, servers, [Symbol.asyncDispose]: () => port.stopListening() };
}

// openssl is not on every machine; CI installs it.
describe.skipIf(OpenSSLProgram.path === null)("openssl s_client", () => {
  const versions: readonly [string, string][] = [
    ["-tls1_2", "TLSv1.2"],
    ["-tls1_3", "TLSv1.3"],
  ];
  for (const [flag, version] of versions) {
    test(`is echoed over ${version}, with its name verified and ALPN agreed`, async () => {
      await using server = await echoServer();
      const name = ["-servername", "localhost", "-verify_hostname", "localhost"];
      await using client = new OpenSSLProgram(
        ...["s_client", "-connect", server.target, flag, "-alpn", "smtp", ...name, ...TRUST],
      );
      client.write("hello from openssl\n");
      await client.prints(/hello from openssl/);
      const printed = await client.finished();
      expect(printed).toContain("ALPN protocol: smtp");
      expect(printed).toContain("Verify return code: 0 (ok)");
      expect(server.servers[0]?.info).toMatchObject({ version, alpnProtocol: "smtp" });
    });
  }

  test("is shown the certificate of the name it asks for", async () => {
    await using server = await echoServer();
    await using client = new OpenSSLProgram(
      ...["s_client", "-connect", server.target, "-servername", "other.example", ...TRUST],
    );
    await client.prints(/subject=CN ?= ?other\.example/);
    await client.finished();
  });

  test("authenticates with its certificate", async () => {
    await using server = await echoServer();
    const own = ["-cert", tlsFixturePath("client.pem"), "-key", tlsFixturePath("client.key")];
    await using client = new OpenSSLProgram(
      ...["s_client", "-connect", server.target, "-servername", "localhost", ...own, ...TRUST],
    );
    client.write("answer me\n");
    await client.prints(/answer me/);
    expect(server.servers[0]?.info).toMatchObject({
      authorized: true,
      peerCertificate: { subject: "client.example" },
    });
    await client.finished();
  });

  test("upgrades in mid-stream with -starttls smtp", async () => {
    await using port = await new BunReactor().listenTCP({}, Factory.forProtocol(UpgradingSMTP));
    const target = `127.0.0.1:${port.host.port}`;
    await using client = new OpenSSLProgram(
      ...[
        "s_client",
        "-connect",
        target,
        "-starttls",
        "smtp",
        "-servername",
        "localhost",
        ...TRUST,
      ],
    );
    client.write("NOOP\r\n");
    await client.prints(/250 inside TLSv1/);
    expect(await client.finished()).toContain("Verify return code: 0 (ok)");
  });
});

// openssl is not on every machine; CI installs it.
describe.skipIf(OpenSSLProgram.path === null)("openssl s_server", () => {
  test("serves a client that verifies it, shows a certificate and speaks ALPN", async () => {
    const own = ["-cert", tlsFixturePath("localhost.pem"), "-key", tlsFixturePath("localhost.key")];
    const rules = ["-CAfile", tlsFixturePath("ca.pem"), "-Verify", "1", "-alpn", "smtp"];
    // -rev answers each line with its letters in reverse.
    await using server = new OpenSSLProgram(
      ...["s_server", "-accept", "127.0.0.1:0", "-rev", ...own, ...rules],
    );
    const port = Number((await server.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]);
    const client = await new BunReactor().connectTCP(
      {
        host: "127.0.0.1",
        port,
        tls: { authorities: TEST_AUTHORITY, identity: CLIENT, alpnProtocols: ["smtp"] },
      },
      new Factory(() => new TLSRecorder()),
    );
    client.connection.write("pretzel\n");
    await client.receives("lezterp\n".length);
    expect(client.received.toString()).toBe("lezterp\n");
    expect(client.info).toMatchObject({ alpnProtocol: "smtp", authorized: true });
    client.connection.loseConnection();
    expect(await client.lost()).toEqual({ kind: "done" });
  });
});

/** As much of SMTP (RFC 3207) as it takes to upgrade. */
class UpgradingSMTP extends Protocol {
  override connectionMade(): void {
    this.transport.write("220 ready\r\n");
  }

  override dataReceived(data: Buffer): void {
    const [command] = data.toString().split(/[ \r]/, 1);
    if (this.transport.tlsInfo !== null) {
      this.transport.write(`250 inside ${this.transport.tlsInfo.version}\r\n`);
    } else if (command === "STARTTLS") {
      this.transport.write("220 go ahead\r\n");
      void this.transport.startTLS({ side: "server", ...LOCALHOST });
    } else {
      this.transport.write("250-here\r\n250 STARTTLS\r\n");
    }
  }
}
