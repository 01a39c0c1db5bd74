import { expect } from "bun:test";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { RandomTalker } from "./random-talker.ts";
import { HOST, PORT, type Target } from "./target.ts";

/** The transport itself, used in every way at both ends. */
export const TRANSPORT_TARGET: Target = {
  name: "transport",
  async scenario(network) {
    const faults: string[] = [];
    network.invariant(() => expect(faults).toEqual([]));
    const talkers = new AdmittingFactory(() => new RandomTalker(network, faults));
    network.atEnd(() => expect(talkers.mistakes).toEqual([]));
    const port = await network.listenTCP({ host: HOST, port: PORT, ...options(network) }, talkers);
    if (network.random.integer(0, 4) === 0) {
      const delayMs = network.random.integer(1, 300);
      network.callLater(delayMs, () => void port.drain({ timeoutMs: delayMs }));
    }
    await network.connectTCP({ host: HOST, port: PORT, ...options(network) }, talkers);
  },
};

/** Small limits, so that little data is enough to reach them. */
function options({ random }: SimulatedNetwork): StreamOptions {
  const low = random.integer(0, 60);
  return {
    writeMode: random.integer(0, 1) === 0 ? "buffered" : "immediate",
    closeTimeoutMs: random.integer(0, 8_000),
    writeLimits: { low, high: low + random.integer(0, 200), max: 1_000_000 },
  };
}
