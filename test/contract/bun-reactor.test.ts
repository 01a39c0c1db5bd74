import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import type { ContractEnvironment } from "./contract-environment.ts";
import { reactorContract } from "./reactor-contract.ts";
import { SilentListener } from "./silent-listener.ts";

function environment(): ContractEnvironment {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const folder = mkdtempSync(join(tmpdir(), "pretzel-contract-"));
  const silent = new SilentListener();
  return {
    reactor,
    logger,
    host: "127.0.0.1",
    silent,
    path: join(folder, "socket"),
    passTime: (ms) => new Promise((resolve) => reactor.callLater(ms, resolve)),
    close() {
      silent[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

reactorContract("BunReactor", environment);
