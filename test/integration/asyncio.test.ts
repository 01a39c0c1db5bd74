import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { ListenTCPOptions } from "../../src/reactor/reactor.ts";
import { TLSRecorder } from "../bun/tls-recorder.ts";
import { LOCALHOST, TEST_AUTHORITY, tlsFixturePath } from "../fixtures/tls-fixtures.ts";

// Python 3.11 has StreamWriter.start_tls; older ones are tested without it.
const PYTHON = Bun.which("python3");
const HAS_START_TLS =
  PYTHON !== null &&
  Bun.spawnSync([PYTHON, "-c", "import asyncio; asyncio.StreamWriter.start_tls"]).success;

/** Echoes, and upgrades when asked to. */
class UpgradingEcho extends Protocol {
  override dataReceived(data: Buffer): void {
    if (data.length !== 8 || data.toString() !== "STARTTLS") {
      this.transport.write(data);
      return;
    }
    this.transport.write("go ahead");
    void this.transport.startTLS({ side: "server", ...LOCALHOST });
  }
}

/** What the Python client prints when it talks to our echo server. */
async function pythonClient(mode: string, options: ListenTCPOptions): Promise<string> {
  await using port = await new BunReactor().listenTCP(options, Factory.forProtocol(UpgradingEcho));
  const script = join(import.meta.dir, "asyncio-client.py");
  const args = [mode, String(port.host.port), tlsFixturePath("ca.pem")];
  const child = Bun.spawn([PYTHON ?? "", script, ...args], { stdout: "pipe", stderr: "inherit" });
  const printed = await new Response(child.stdout).text();
  await child.exited;
  return printed.trim();
}

// Python is not on every machine; CI installs it.
describe.skipIf(PYTHON === null)("Python's asyncio as a client", () => {
  test("gets a megabyte back after it has half-closed", async () => {
    expect(await pythonClient("half-close", {})).toBe("same");
  });

  test("gets a megabyte back over TLS, and verifies the server", async () => {
    expect(await pythonClient("tls", { tls: LOCALHOST })).toBe("same");
  });

  // Python before 3.11 has no StreamWriter.start_tls.
  test.skipIf(!HAS_START_TLS)("gets a megabyte back after STARTTLS", async () => {
    expect(await pythonClient("starttls", {})).toBe("same");
  });
});

// Python is not on every machine; CI installs it.
describe.skipIf(PYTHON === null)("Python's asyncio as a server", () => {
  for (const mode of ["clear", "tls"]) {
    test(`echoes a megabyte to our client, ${mode}, and closes with it`, async () => {
      const script = join(import.meta.dir, "asyncio-server.py");
      const files = [tlsFixturePath("localhost.pem"), tlsFixturePath("localhost.key")];
      const child = Bun.spawn([PYTHON ?? "", script, mode, ...files], {
        stdout: "pipe",
        stderr: "inherit",
      });
      try {
        const { value } = await child.stdout.getReader().read();
        const port = Number(Buffer.from(value ?? []).toString());
        const tls = mode === "tls" ? { tls: { authorities: TEST_AUTHORITY } } : {};
        const client = await new BunReactor().connectTCP(
          { host: "127.0.0.1", port, ...tls },
          new Factory(() => new TLSRecorder()),
        );
        const sent = Buffer.alloc(1_048_576, "0123456789abcdef-");
        client.connection.write(sent);
        await client.receives(sent.length);
        expect(client.received.equals(sent)).toBe(true);
        client.connection.loseConnection();
        expect(await client.lost()).toEqual({ kind: "done" });
      } finally {
        child.kill();
        await child.exited;
      }
    });
  }
});
