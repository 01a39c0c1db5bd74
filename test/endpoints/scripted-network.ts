import {
  ConnectingCancelledError,
  ConnectionRefusedError,
  TimeoutError,
} from "../../src/reactor/connect-error.ts";
import type { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { AdoptOptions, ConnectTCPOptions } from "../../src/reactor/reactor.ts";
import { sleep } from "../../src/task/sleep.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";

/** What comes of connecting to a host, and how long after the attempt began. */
export interface ScriptedHost {
  readonly host: string;
  readonly result: "connect" | "fail" | "time out" | "hang";
  readonly afterMs: number;
  /** Whether the attempt goes on when it is cancelled. */
  readonly isStubborn?: boolean;
}

/** A memory reactor whose connects take the time that a script gives them, and are recorded. */
export class ScriptedNetwork extends MemoryReactor {
  /** The hosts that were tried, and when. */
  readonly attempts: [host: string, atMs: number][] = [];
  /** The hosts whose attempts were cancelled. */
  readonly cancelled: string[] = [];
  readonly #script: ReadonlyMap<string, ScriptedHost>;

  constructor(hosts: readonly ScriptedHost[]) {
    super({ logger: new MemoryLogger(), localHosts: hosts.map(({ host }) => host) });
    this.#script = new Map(hosts.map((each) => [each.host, each]));
  }

  override async connectTCP<P extends Protocol>(
    options: ConnectTCPOptions | AdoptOptions,
    factory: Factory<P>,
  ): Promise<P> {
    const { signal, ...stubborn } = options as ConnectTCPOptions;
    const { host } = stubborn;
    const script = this.#script.get(host);
    if (script === undefined) throw new Error(`There is no script for ${host}`);
    const { result, afterMs, isStubborn = false } = script;
    this.attempts.push([host, this.now()]);
    try {
      const waitOptions = signal === undefined || isStubborn ? {} : { signal };
      await sleep(this, result === "hang" ? 1e9 : afterMs, waitOptions);
    } catch (cause) {
      this.cancelled.push(host);
      throw new ConnectingCancelledError(host, "cancelled", { cause });
    }
    if (result === "connect") return super.connectTCP(isStubborn ? stubborn : options, factory);
    if (result === "time out") throw new TimeoutError(`tcp ${host}`, "no answer");
    throw new ConnectionRefusedError(`tcp ${host}`, "ECONNREFUSED", { code: "ECONNREFUSED" });
  }
}

/** Lets promises that are settled be continued, however many follow from each other. */
export async function settle(): Promise<void> {
  for (let tick = 0; tick < 50; tick++) await Promise.resolve();
}

/**
 * Moves time on in small steps, with everything that follows from promises at its own moment.
 *
 * @param move whether what is due in a step runs at its own time, or after time has moved
 */
export async function advance(
  reactor: MemoryReactor,
  ms: number,
  stepMs = 10,
  move: "advance" | "jump" = "advance",
): Promise<void> {
  await settle();
  const end = reactor.now() + ms;
  while (reactor.now() < end) {
    reactor.clock[move](Math.min(stepMs, end - reactor.now()));
    await settle();
  }
}
