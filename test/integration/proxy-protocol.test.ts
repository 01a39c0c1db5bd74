/** The PROXY protocol with a program that is not ours on the other side. */
import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { proxyInfoOf } from "../../src/policies/proxy-info.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { has, runScript } from "./shell.ts";

/** Answers any HTTP request with what the PROXY header said. */
class TellProxyInfo extends LineReceiver {
  override lineReceived(line: Buffer): void {
    if (line.length > 0) return;
    const info = proxyInfoOf(this.transport);
    const body = `v${info?.version} ${this.transport.getPeer()} ${this.transport.getHost()}`;
    this.transport.write(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    this.transport.loseConnection();
  }
}

/** What curl prints of the answer. */
async function ask(options: string): Promise<{ output: string; status: number | null }> {
  const reactor = new BunReactor({ logger: new MemoryLogger() });
  const factory = withProxyProtocol(Factory.forProtocol(TellProxyInfo), { clock: reactor });
  await using port = await reactor.listenTCP({}, factory);
  const url = `http://127.0.0.1:${port.host.port}/`;
  const { output, status } = await runScript(`curl -sS --noproxy '*' ${options} ${url}`);
  return { output: output.toString(), status };
}

describe.skipIf(!has("curl"))("curl (needs curl)", () => {
  test("--haproxy-protocol names curl's own address and the server's", async () => {
    const { output, status } = await ask("--haproxy-protocol");
    expect(output).toMatch(/^v1 tcp 127\.0\.0\.1:\d+ tcp 127\.0\.0\.1:\d+$/);
    expect(status).toBe(0);
  });

  test("without a header the connection is reset and nothing is answered", async () => {
    const { output, status } = await ask("");
    expect(output).toBe("");
    const failedToReceive = 56;
    expect(status).toBe(failedToReceive);
  });
});
