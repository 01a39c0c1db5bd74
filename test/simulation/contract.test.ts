/** Without faults, the network keeps to what every reactor promises. */
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import type { ContractEnvironment } from "../contract/contract-environment.ts";
import { reactorContract } from "../contract/reactor-contract.ts";
import { anySeed } from "./any-seed.ts";

/** More than any test here has waiting on purpose. */
const MAX_BUFFERED_BYTES = 64 << 20;

function environment(): ContractEnvironment {
  const reactor = new SimulatedNetwork({
    seed: anySeed(),
    faults: [],
    maxBufferedBytes: MAX_BUFFERED_BYTES,
  });
  const logger = new MemoryLogger();
  reactor.expectError((error) => {
    logger.error("as the contract wants it", error);
    return true;
  });
  const silent = { host: "127.0.0.66", port: 7 };
  reactor.partition(silent.host);
  // Virtual time goes on with real time, as far as a test takes any.
  const ticker = new Ticker(() => reactor.advance(1));
  return {
    reactor,
    logger,
    host: "127.0.0.1",
    silent,
    path: "/run/contract.sock",
    stopTimeoutMs: 60_000,
    async passTime(ms) {
      await nextTurn();
      reactor.advance(ms);
      await nextTurn();
    },
    close: () => ticker.stop(),
  };
}

/** Calls something once in each turn of the runtime. */
class Ticker {
  readonly #call: () => void;
  #immediate: NodeJS.Immediate;

  constructor(call: () => void) {
    this.#call = call;
    this.#immediate = setImmediate(() => this.#tick());
  }

  stop(): void {
    clearImmediate(this.#immediate);
  }

  #tick(): void {
    this.#call();
    this.#immediate = setImmediate(() => this.#tick());
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

reactorContract("SimulatedNetwork", environment);
