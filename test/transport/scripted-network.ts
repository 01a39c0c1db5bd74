import type { DelayedCall } from "../../src/reactor/clock.ts";
import { type Address, InternetAddress } from "../../src/reactor/address.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { systemError } from "../../src/testing/memory-addresses.ts";
import { type BeginConnect, connectsTo } from "../../src/testing/memory-candidates.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { MemoryNetwork } from "../../src/testing/memory-network.ts";
import { MemorySockets } from "../../src/testing/memory-sockets.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import type { ConnectAttempt, ConnectAttemptOwner } from "../../src/transport/connect-candidate.ts";
import { SocketReactor } from "../../src/transport/socket-reactor.ts";
import { Turn } from "../../src/transport/turn.ts";

/** What comes of connecting to a host, and how long after the attempt began. */
export interface ScriptedHost {
  readonly host: string;
  readonly result: "connect" | "fail" | "time out" | "hang";
  readonly afterMs: number;
  /** Whether the attempt goes on when it is given up. */
  readonly isStubborn?: boolean;
}

/** What the attempts of a network have in common. */
interface Script {
  readonly clock: ManualClock;
  readonly hosts: ReadonlyMap<string, ScriptedHost>;
  readonly connect: BeginConnect;
  readonly attempts: [host: string, atMs: number][];
  readonly cancelled: string[];
}

/** A reactor in memory whose connects take the time that a script gives them, and are recorded. */
export class ScriptedNetwork extends SocketReactor {
  readonly clock: ManualClock;
  /** The hosts that were tried, and when. */
  readonly attempts: readonly [host: string, atMs: number][];
  /** The hosts whose attempts were given up. */
  readonly cancelled: readonly string[];

  constructor(hosts: readonly ScriptedHost[]) {
    const loop = new MemoryLoop({ automatic: true });
    const logger = new MemoryLogger();
    const clock = new ManualClock({ logger, settle: () => loop.flush() });
    const network = new MemoryNetwork(
      loop,
      hosts.map(({ host }) => host),
    );
    const script: Script = {
      clock,
      hosts: new Map(hosts.map((each) => [each.host, each])),
      connect: connectsTo(network),
      attempts: [],
      cancelled: [],
    };
    const begin: BeginConnect = (host, peer, owner) =>
      new ScriptedAttempt(script, host, peer, owner);
    const sockets = new MemorySockets(network, begin);
    super(sockets, { turn: new Turn(loop, logger), clock, logger, tls: NO_TLS });
    this.clock = clock;
    this.attempts = script.attempts;
    this.cancelled = script.cancelled;
  }

  /**
   * Moves time on in small steps, with all that follows from promises at its own moment.
   *
   * @param move whether what is due in a step runs at its own time, or after time has moved
   */
  async advance(ms: number, stepMs = 10, move: "advance" | "jump" = "advance"): Promise<void> {
    await settle();
    const end = this.now() + ms;
    while (this.now() < end) {
      this.clock[move](Math.min(stepMs, end - this.now()));
      await settle();
    }
  }
}

/** Lets promises that are settled be continued, however many follow from each other. */
export async function settle(): Promise<void> {
  for (let tick = 0; tick < 50; tick++) await Promise.resolve();
}

class ScriptedAttempt implements ConnectAttempt {
  readonly #script: Script;
  readonly #planned: ScriptedHost;
  readonly #due: DelayedCall | null;
  #connecting: ConnectAttempt | null = null;

  constructor(script: Script, host: Address, peer: Address, owner: ConnectAttemptOwner) {
    const name = peer instanceof InternetAddress ? peer.host : peer.path;
    const planned = script.hosts.get(name);
    if (planned === undefined) throw new Error(`There is no script for ${name}`);
    this.#script = script;
    this.#planned = planned;
    script.attempts.push([name, script.clock.now()]);
    const { result, afterMs } = planned;
    const settleAttempt = () => {
      if (result === "connect") this.#connecting = script.connect(host, peer, owner);
      else owner.attemptFailed(systemError(result === "fail" ? "ECONNREFUSED" : "ETIMEDOUT", name));
    };
    this.#due = result === "hang" ? null : script.clock.callLater(afterMs, settleAttempt);
  }

  giveUp(): void {
    this.#script.cancelled.push(this.#planned.host);
    if (this.#planned.isStubborn) return;
    this.#due?.[Symbol.dispose]();
    this.#connecting?.giveUp();
  }
}
