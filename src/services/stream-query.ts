import type { Clock } from "../reactor/clock.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import { Factory } from "../reactor/factory.ts";
import { Protocol } from "../reactor/protocol.ts";
import type { Reactor } from "../reactor/reactor.ts";
import { QueryError } from "./query-error.ts";
import { MAX_ANSWER_BYTES, type ServiceAnswer, type ServiceQuery } from "./service-query.ts";

/**
 * Asks a service over TCP and resolves with all that it sent, once it has closed.
 *
 * @param wallClock our own time, in milliseconds since 1970
 * @throws {ConnectError} when there is no connection
 * @throws {QueryError} when the connection is broken, or the answer too late or too long
 */
export async function queryStream(
  reactor: Reactor,
  query: ServiceQuery,
  wallClock: () => number = Date.now,
): Promise<ServiceAnswer> {
  const { host, port, timeoutMs } = query;
  const startedAt = reactor.now();
  const asking = await reactor.connectTCP(
    { host, port, timeoutMs },
    new Factory(() => new AskingProtocol(query, reactor, wallClock, startedAt)),
  );
  const leftMs = Math.max(0, startedAt + timeoutMs - reactor.now());
  using _deadline = reactor.callLater(leftMs, () => {
    asking.giveUp(`did not finish its answer within ${timeoutMs} ms`);
  });
  return await asking.answer;
}

/** Sends the question, collects the answer. */
class AskingProtocol extends Protocol {
  readonly #query: ServiceQuery;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #outcome = Promise.withResolvers<ServiceAnswer>();
  readonly #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #askedAt: number;
  #receivedAt = 0;
  #receivedAtUnixMs = 0;
  #failure: string | null = null;

  constructor(query: ServiceQuery, clock: Clock, wallClock: () => number, startedAt: number) {
    super();
    this.#query = query;
    this.#clock = clock;
    this.#wallClock = wallClock;
    this.#askedAt = startedAt;
  }

  get answer(): Promise<ServiceAnswer> {
    return this.#outcome.promise;
  }

  giveUp(failure: string): void {
    this.#failure = failure;
    this.transport.abortConnection();
  }

  override connectionMade(): void {
    if (this.#query.request.length === 0) return;
    this.#askedAt = this.#clock.now();
    this.transport.write(this.#query.request);
  }

  override dataReceived(data: Buffer): void {
    this.#receivedAt = this.#clock.now();
    this.#receivedAtUnixMs = this.#wallClock();
    this.#chunks.push(data);
    this.#receivedBytes += data.length;
    const { answerBytes = Number.POSITIVE_INFINITY } = this.#query;
    if (this.#receivedBytes > MAX_ANSWER_BYTES) this.giveUp("sends no end of its answer");
    else if (this.#receivedBytes >= answerBytes) this.transport.loseWriteConnection();
  }

  override connectionLost(reason: CloseReason): void {
    const peer = this.transport.getPeer();
    if (this.#failure !== null) {
      this.#outcome.reject(new QueryError(peer, this.#failure));
    } else if (reason.kind === "lost") {
      const failure = `broke the connection: ${reason.cause.message}`;
      this.#outcome.reject(new QueryError(peer, failure, reason.cause));
    } else {
      this.#outcome.resolve({
        peer,
        bytes: Buffer.concat(this.#chunks),
        durationMs: this.#receivedAt - this.#askedAt,
        receivedAtUnixMs: this.#receivedAtUnixMs,
      });
    }
  }
}
