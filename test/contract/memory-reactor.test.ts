import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import type { ContractEnvironment } from "./contract-environment.ts";
import { reactorContract } from "./reactor-contract.ts";

function environment(): ContractEnvironment {
  const logger = new MemoryLogger();
  const reactor = new MemoryReactor({ logger });
  const silent = { host: "127.0.0.66", port: 7 };
  reactor.swallow(silent.host);
  return {
    reactor,
    logger,
    host: "127.0.0.1",
    silent,
    path: "/run/contract.sock",
    stopTimeoutMs: 60_000,
    async passTime(ms) {
      await promisesContinued();
      reactor.advance(ms);
      await promisesContinued();
    },
  };
}

/** Everything that waits for a promise has gone on, as it does in any real time. */
function promisesContinued(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

reactorContract("MemoryReactor", environment);
