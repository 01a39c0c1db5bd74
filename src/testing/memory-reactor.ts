import { type Logger, STDERR_LOGGER } from "../reactor/logger.ts";
import { SocketReactor } from "../transport/socket-reactor.ts";
import { Turn } from "../transport/turn.ts";
import { ManualClock } from "./manual-clock.ts";
import { connectsTo } from "./memory-candidates.ts";
import type { MemoryLinkOptions } from "./memory-driver.ts";
import { MemoryLoop } from "./memory-loop.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { NO_TLS } from "./no-tls.ts";
import { MemorySockets } from "./memory-sockets.ts";
import { TurnClock } from "./turn-clock.ts";

/** The host that a `MemoryReactor` stands for. */
export interface MemoryReactorOptions extends MemoryLinkOptions {
  /** Gets what a reactor logs; standard error unless told. */
  readonly logger?: Logger;
  /** IP addresses that the host has besides 127.0.0.0/8 and ::1. */
  readonly localHosts?: Iterable<string>;
}

/**
 * A reactor without sockets: one host in memory, whose ports and connects find each other, with the
 * transports of real connections. What is sent arrives by itself, soon after, or at once with
 * `flush`; but time stands still until `advance`. Signals do not stop it.
 */
export class MemoryReactor extends SocketReactor {
  /** The time of everything here. */
  readonly clock: ManualClock;
  readonly #loop: MemoryLoop;
  readonly #network: MemoryNetwork;

  /** @throws {RangeError} for a link that carries nothing */
  constructor(options: MemoryReactorOptions = {}) {
    const { logger = STDERR_LOGGER, localHosts = [] } = options;
    const loop = new MemoryLoop({ automatic: true });
    const clock = new ManualClock({ logger, settle: () => loop.flush() });
    const network = new MemoryNetwork(loop, localHosts, options);
    const sockets = new MemorySockets(network, connectsTo(network));
    const turn = new Turn(loop, logger);
    const calls = new TurnClock(clock, turn, logger);
    super(sockets, { turn, clock, logger, tls: NO_TLS }, { clock: calls });
    this.clock = clock;
    this.#loop = loop;
    this.#network = network;
  }

  /** The IP addresses of each name that can be looked up; `localhost` is there already. */
  get names(): Map<string, readonly string[]> {
    return this.#network.names;
  }

  /**
   * From now on nothing that is sent to `host`, or to one port of it, is answered.
   *
   * @param host an IP address
   * @throws {InvalidAddressError} when it is none, or `port` no port
   */
  swallow(host: string, port?: number): void {
    this.#network.swallow(host, port);
  }

  /** The reverse of `swallow`, with the same arguments. */
  answer(host: string, port?: number): void {
    this.#network.answer(host, port);
  }

  /**
   * Moves time on by `ms`, as `ManualClock.advance`, and delivers what is sent on the way. What
   * waits for a promise goes on only after the test awaits something.
   */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** Delivers one event to everybody who has one. Returns how much happened; 0: all is quiet. */
  pump(): number {
    return this.#loop.pump();
  }

  /** Delivers until all is quiet. @throws {Error} when two protocols never stop answering */
  flush(): void {
    this.#loop.flush();
  }
}
