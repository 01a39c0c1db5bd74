import { expect } from "bun:test";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { RandomTalker } from "./random-talker.ts";
import { HOST, PORT, type Target } from "./target.ts";

const RATE = { bytesPerSecond: 2_000, burstBytes: 50 };
const MAX_POLICIES = 3;

type Policy = (factory: Factory<Protocol>) => Factory<Protocol>;

/** The policies that stay around a connection for all its life. */
function policiesOf(clock: SimulatedNetwork): readonly Policy[] {
  return [
    (factory) => withShaping(factory, { clock, read: RATE }),
    (factory) => withShaping(factory, { clock, write: RATE }),
    (factory) => withShaping(factory, { clock, read: RATE, checkEveryMs: 20 }),
    (factory) => withTimeout(factory, { clock, idleMs: 1_000, lifetimeMs: 30_000 }),
    (factory) => withTrafficLog(factory, { sink: () => undefined }),
  ];
}

/**
 * The transport as protocols see it behind some policies, used in every way at both ends: what it
 * promises by itself it promises there too. The network sees policies at the ends, so that it would
 * not know of a protocol that takes over late what kind that is.
 */
export const POLICED_TALKERS_TARGET: Target = {
  name: "talkers-behind-policies",
  async scenario(network) {
    const { random } = network;
    const faults: string[] = [];
    network.invariant(() => expect(faults).toEqual([]));
    const policies = policiesOf(network);
    let factory: Factory<Protocol> = new Factory(() => new RandomTalker(network, faults, false));
    for (let count = random.integer(1, MAX_POLICIES); count > 0; count--) {
      factory = policies[random.integer(0, policies.length - 1)]?.(factory) ?? factory;
    }
    await network.listenTCP({ host: HOST, port: PORT }, factory);
    await network.connectTCP({ host: HOST, port: PORT }, factory);
  },
};
