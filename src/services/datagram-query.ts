import { InternetAddress } from "../reactor/address.ts";
import type { Clock } from "../reactor/clock.ts";
import { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { Reactor } from "../reactor/reactor.ts";
import { lookUpHost } from "./look-up-host.ts";
import { QueryError } from "./query-error.ts";
import type { ServiceAnswer, ServiceQuery } from "./service-query.ts";

/**
 * Asks a service over UDP with one datagram, and resolves with the first that comes back. Looking
 * up a name is not part of the timeout; the system has one of its own for that.
 *
 * @param wallClock our own time, in milliseconds since 1970
 * @throws {ConnectError} when the name of the host is unknown
 * @throws {QueryError} when nothing listens there, or nothing comes in time
 */
export async function queryDatagram(
  reactor: Reactor,
  query: ServiceQuery,
  wallClock: () => number = Date.now,
): Promise<ServiceAnswer> {
  const { host, port, timeoutMs } = query;
  const peer = new InternetAddress("udp", await lookUpHost(host, `udp ${host}:${port}`), port);
  const asking = new AskingDatagrams(peer, reactor, wallClock);
  const anyHost = peer.family === "IPv6" ? "::" : "0.0.0.0";
  await using _port = await reactor.listenUDP({ host: anyHost }, asking);
  using _deadline = reactor.callLater(timeoutMs, () => {
    asking.fail(`did not answer within ${timeoutMs} ms`);
  });
  return await asking.ask(query.request);
}

class AskingDatagrams extends DatagramProtocol {
  readonly #peer: InternetAddress;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #outcome = Promise.withResolvers<ServiceAnswer>();
  #askedAt = 0;

  constructor(peer: InternetAddress, clock: Clock, wallClock: () => number) {
    super();
    this.#peer = peer;
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** Sends the question. Called once, when the port is open. */
  ask(request: Uint8Array): Promise<ServiceAnswer> {
    this.transport.connect(this.#peer);
    this.#askedAt = this.#clock.now();
    this.transport.write(request);
    return this.#outcome.promise;
  }

  fail(failure: string): void {
    this.#outcome.reject(new QueryError(this.#peer, failure));
  }

  override datagramReceived(data: Buffer): void {
    this.#outcome.resolve({
      peer: this.#peer,
      bytes: data,
      durationMs: this.#clock.now() - this.#askedAt,
      receivedAtUnixMs: this.#wallClock(),
    });
  }

  override connectionRefused(): void {
    this.fail("refused the datagram: nothing listens there");
  }

  override errorReceived(error: Error): void {
    this.fail(`cannot be reached: ${error.message}`);
  }
}
