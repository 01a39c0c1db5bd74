import { expect } from "bun:test";
import { withLimits } from "../../src/policies/with-limits.ts";
import { withProxyHeader } from "../../src/policies/with-proxy-header.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { RandomClient } from "./random-client.ts";
import { HOST, PORT, type Target } from "./target.ts";

const RATE = { bytesPerSecond: 2_000, burstBytes: 50 };
const TIMEOUTS = { idleMs: 20_000, lifetimeMs: 60_000 };
const MAX_CONNECTIONS = 1;

/** What may be put around a factory, and what is then needed at the client's side. */
interface Policies {
  wrap(factory: Factory<Protocol>): Factory<Protocol>;
  wrapClient?(factory: Factory<RandomClient>): Factory<RandomClient>;
}

/** An echo behind one policy, as `name` says. */
function policyTarget(
  name: string,
  policies: (network: SimulatedNetwork, ended: () => void) => Policies,
): Target {
  return {
    name,
    async scenario(network) {
      let wasEnded = false;
      const { wrap, wrapClient = (factory) => factory } = policies(network, () => {
        wasEnded = true;
      });
      const server = wrap(Factory.forProtocol<Protocol>(Echo));
      await network.listenTCP({ host: HOST, port: PORT }, server);
      for (let count = network.random.integer(1, 2); count > 0; count--) {
        const client = new RandomClient(network);
        network.atEnd(() => {
          const { received, sent, ending } = client;
          expect(received.equals(sent.subarray(0, received.length))).toBe(true);
          const isWhole = network.endedWell && !wasEnded && ending === "half-close";
          if (isWhole) expect(received.length).toBe(sent.length);
        });
        const clients = wrapClient(new Factory(() => client));
        await network.connectTCP({ host: HOST, port: PORT }, clients);
      }
    },
  };
}

/** The policies, one by one and all together. */
export const POLICY_TARGETS: readonly Target[] = [
  policyTarget("with-timeout", (network, ended) => ({
    wrap: (factory) =>
      withTimeout(factory, {
        clock: network,
        ...TIMEOUTS,
        timedOut: (transport) => {
          ended();
          transport.loseConnection();
        },
      }),
  })),
  policyTarget("with-shaping", (network) => ({
    wrap: (factory) => withShaping(factory, { clock: network, read: RATE, write: RATE }),
  })),
  policyTarget("with-limits", (_network, ended) => ({
    wrap: (factory) => {
      ended();
      return withLimits(factory, { maxConnections: MAX_CONNECTIONS });
    },
  })),
  policyTarget("with-traffic-log", (network) => ({
    wrap: (factory) => withTrafficLog(factory, { sink: (line) => network.note(line) }),
  })),
  policyTarget("with-proxy-protocol", (network, ended) => ({
    wrap: (factory) => withProxyProtocol(factory, { clock: network, headerRefused: ended }),
    wrapClient: (factory) => withProxyHeader(factory, { version: 2 }),
  })),
  policyTarget("all-policies", (network, ended) => ({
    wrap: (factory) => {
      const shaped = withShaping(factory, { clock: network, read: RATE, write: RATE });
      const timedOut = () => ended();
      const limited = withLimits(shaped, { maxPerPeer: 2 });
      const timed = withTimeout(limited, { clock: network, ...TIMEOUTS, timedOut });
      return withProxyProtocol(timed, { clock: network, headerRefused: ended });
    },
    wrapClient: (factory) => withProxyHeader(factory, { version: 1 }),
  })),
];
