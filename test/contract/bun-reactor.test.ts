import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import type { ContractEnvironment } from "./contract-environment.ts";
import { reactorContract } from "./reactor-contract.ts";
import { SilentListener } from "./silent-listener.ts";

/** Long enough for what is done in time, short enough to wait for. */
const STOP_TIMEOUT_MS = 200;

function environment(): ContractEnvironment {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger, stopTimeoutMs: STOP_TIMEOUT_MS });
  const time = new BunReactor({ logger });
  const folder = mkdtempSync(join(tmpdir(), "pretzel-contract-"));
  const silent = new SilentListener();
  return {
    reactor,
    logger,
    host: "127.0.0.1",
    silent,
    path: join(folder, "socket"),
    stopTimeoutMs: STOP_TIMEOUT_MS,
    passTime: (ms) => new Promise((resolve) => time.callLater(ms, resolve)),
    close() {
      silent[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

reactorContract("BunReactor", environment);
