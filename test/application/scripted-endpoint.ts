import {
  ConnectingCancelledError,
  ConnectionRefusedError,
} from "../../src/reactor/connect-error.ts";
import type { EndpointConnectOptions, StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { sleep } from "../../src/task/sleep.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";

/** What comes of one attempt, and how long after it began. */
export type ScriptedAttempt =
  | readonly ["ok" | "fail", afterMs: number]
  /** Goes on when it is cancelled, and connects all the same. */
  | readonly ["stubborn", afterMs: number]
  | readonly ["hang"];

/** A client that records nothing. */
export class Client extends Protocol {
  ended: "no" | "yes" = "no";

  close(): void {
    this.transport.loseConnection();
  }

  override connectionLost(): void {
    this.ended = "yes";
  }
}

/**
 * An endpoint whose connects go as a script says, over a memory reactor. Its server closes some
 * time after the client has.
 */
export class ScriptedEndpoint implements StreamClientEndpoint {
  readonly reactor = new MemoryReactor({ logger: new MemoryLogger() });
  readonly events: unknown[][] = [];
  /** The server's side of each connection. */
  readonly servers: ClosingServer[] = [];
  readonly #attempts: ScriptedAttempt[];
  readonly #port: Promise<number>;
  #count = 0;

  constructor(attempts: readonly ScriptedAttempt[], closeTakesMs = 0) {
    this.#attempts = [...attempts];
    const factory = new Factory(() => {
      const server = new ClosingServer(this.reactor, closeTakesMs);
      this.servers.push(server);
      return server;
    });
    this.#port = this.reactor.listenTCP({}, factory).then((port) => port.host.port);
  }

  record(...event: unknown[]): void {
    this.events.push([...event, this.reactor.now()]);
  }

  async connect<P extends Protocol>(
    factory: Factory<P>,
    { signal }: EndpointConnectOptions = {},
  ): Promise<P> {
    const number = ++this.#count;
    this.record("attempt", number);
    const [outcome, afterMs = 1e9] = this.#attempts.shift() ?? (["hang"] as const);
    try {
      const waitOptions = signal === undefined || outcome === "stubborn" ? {} : { signal };
      if (afterMs > 0) await sleep(this.reactor, afterMs, waitOptions);
    } catch (cause) {
      this.record("attemptCancelled", number);
      throw new ConnectingCancelledError("scripted", "cancelled", { cause });
    }
    if (outcome === "fail") throw new ConnectionRefusedError("scripted", "ECONNREFUSED");
    const options = { host: "127.0.0.1", port: await this.#port };
    const protocol = await this.reactor.connectTCP(options, factory);
    this.record("connected", number);
    return protocol;
  }

  /**
   * Moves time on in small steps, with everything that follows from promises at its own moment.
   *
   * @param move whether what is due in a step runs at its own time, or after time has moved
   */
  async advance(ms: number, stepMs = 50, move: "advance" | "jump" = "advance"): Promise<void> {
    await this.settle();
    const end = this.reactor.now() + ms;
    while (this.reactor.now() < end) {
      this.reactor.clock[move](Math.min(stepMs, end - this.reactor.now()));
      await this.settle();
    }
  }

  /** Lets promises that are settled be continued, however many follow from each other. */
  async settle(): Promise<void> {
    for (let tick = 0; tick < 100; tick++) await Promise.resolve();
    this.reactor.flush();
    for (let tick = 0; tick < 100; tick++) await Promise.resolve();
  }
}

/** Closes some time after its peer has. */
class ClosingServer extends Protocol {
  readonly #reactor: MemoryReactor;
  readonly #closeTakesMs: number;

  constructor(reactor: MemoryReactor, closeTakesMs: number) {
    super();
    this.#reactor = reactor;
    this.#closeTakesMs = closeTakesMs;
  }

  abort(): void {
    this.transport.abortConnection();
  }

  override readConnectionLost(): void {
    const close = () => this.transport.loseConnection();
    if (this.#closeTakesMs === 0) close();
    else this.#reactor.callLater(this.#closeTakesMs, close);
  }
}
