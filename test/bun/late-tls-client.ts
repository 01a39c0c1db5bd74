import type { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { TEST_AUTHORITY } from "../fixtures/tls-fixtures.ts";

/** A client that connects in clear and begins its TLS handshake when it is told to. */
export class LateTLSClient extends Protocol {
  static connect(reactor: BunReactor, port: number, from = "127.0.0.1"): Promise<LateTLSClient> {
    const options = { host: "127.0.0.1", port, bindAddress: { host: from } };
    return reactor.connectTCP(options, Factory.forProtocol(LateTLSClient));
  }

  /** Resolves with how the handshake went: `secured`, or the error. */
  async handshake(): Promise<unknown> {
    const tls = { side: "client", authorities: TEST_AUTHORITY, serverName: "localhost" } as const;
    return this.transport.startTLS(tls).then(
      () => "secured",
      (error: unknown) => error,
    );
  }

  abort(): void {
    this.transport.abortConnection();
  }
}
