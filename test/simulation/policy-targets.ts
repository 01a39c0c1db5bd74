import { expect } from "bun:test";
import { withLimits } from "../../src/policies/with-limits.ts";
import { withProxyHeader } from "../../src/policies/with-proxy-header.ts";
import { withProxyProtocol } from "../../src/policies/with-proxy-protocol.ts";
import { withShaping } from "../../src/policies/with-shaping.ts";
import { type TimeoutKind, withTimeout } from "../../src/policies/with-timeout.ts";
import { withTrafficLog } from "../../src/policies/with-traffic-log.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import type { StreamTransport } from "../../src/reactor/stream-transport.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { AdmittingFactory } from "../admitting-factory.ts";
import { RandomClient } from "./random-client.ts";
import { HOST, PORT, type Target } from "./target.ts";

const RATE = { bytesPerSecond: 2_000, burstBytes: 50 };
const TIMEOUTS = { idleMs: 20_000, lifetimeMs: 60_000 };
const MAX_CONNECTIONS = 1;

/** What may be put around a factory, and what is then needed at the client's side. */
interface Policies {
  /** Makes what serves a client; an echo by default. */
  readonly build?: () => Protocol;
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
      const ended = () => {
        wasEnded = true;
      };
      const {
        build = () => new Echo(),
        wrap,
        wrapClient = (factory) => factory,
      } = policies(network, ended);
      const servers = new AdmittingFactory(build);
      network.atEnd(() => expect(servers.mistakes).toEqual([]));
      const server = wrap(servers);
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

/** How many bytes of each client were answered, by its address. */
type Answered = Map<string, number>;

/** Answers part of what comes, and leaves the rest to the next one, by chance. */
class RelayingEcho extends Protocol {
  readonly #network: SimulatedNetwork;
  readonly #answered: Answered;

  constructor(network: SimulatedNetwork, answered: Answered) {
    super();
    this.#network = network;
    this.#answered = answered;
  }

  override dataReceived(data: Buffer): void {
    const { random } = this.#network;
    const part = data.subarray(0, random.integer(1, data.length));
    this.transport.write(part);
    const peer = this.transport.getPeer().toString();
    this.#answered.set(peer, (this.#answered.get(peer) ?? 0) + part.length);
    if (random.integer(0, 4) === 0) this.#pause();
    const next = new RelayingEcho(this.#network, this.#answered);
    this.transport.switchProtocol(next, data.subarray(part.length));
  }

  #pause(): void {
    this.transport.pauseProducing();
    const resume = () => this.transport.resumeProducing();
    this.#network.callLater(this.#network.random.integer(0, MAX_PAUSE_MS), resume);
  }
}

const MAX_PAUSE_MS = 50;

/** At this a byte takes longer than `SHORT_MS`. */
const CRAWL = { bytesPerSecond: 2, burstBytes: 50 };

/** Longer than any pause, and so short that who waits for others would be over it. */
const SHORT_MS = 300;

/** Shaping in a timeout or a timeout in shaping, by chance, with one rate for all connections. */
function shapedAndTimed(network: SimulatedNetwork, ended: () => void): Policies {
  const { random } = network;
  const answered: Answered = new Map();
  const rate = random.integer(0, 1) === 0 ? RATE : CRAWL;
  const shaping = { clock: network, totalRead: rate, totalWrite: RATE, read: RATE };
  const checkEveryMs = random.integer(0, 3) === 0 ? random.integer(1, 100) : 0;
  const timing = {
    clock: network,
    idleMs: SHORT_MS,
    readMs: SHORT_MS,
    lifetimeMs: random.integer(0, 1) === 0 ? SHORT_MS : 60_000,
    timedOut: (transport: StreamTransport, kind: TimeoutKind) => {
      const unanswered =
        transport.stats.bytesReceived - (answered.get(transport.getPeer().toString()) ?? 0);
      const isSilent = kind !== "lifetime" && !transport.disconnecting;
      if (isSilent) expect(unanswered, "bytes held of whom is silent").toBe(0);
      ended();
      transport.loseConnection();
    },
  };
  const shape = (factory: Factory<Protocol>) => withShaping(factory, { ...shaping, checkEveryMs });
  const time = (factory: Factory<Protocol>) => withTimeout(factory, timing);
  const isShapedInside = random.integer(0, 1) === 0;
  return {
    build: () => new RelayingEcho(network, answered),
    wrap: (factory) => (isShapedInside ? time(shape(factory)) : shape(time(factory))),
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
  policyTarget("shaped-and-timed", shapedAndTimed),
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
