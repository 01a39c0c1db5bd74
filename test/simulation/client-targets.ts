/** What connects by itself: the client that comes back, and the race of a name's addresses. */
import { expect } from "bun:test";
import { ClientService } from "../../src/application/client-service.ts";
import { ServiceStoppedError } from "../../src/application/service-stopped-error.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { ConnectError } from "../../src/reactor/connect-error.ts";
import type { StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { sleep } from "../../src/task/sleep.ts";
import { backoff } from "../../src/task/backoff.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { HOST, PORT, type Target } from "./target.ts";

/** How long a service runs. */
const SERVICE_MS = 60_000;
const MAX_VISIT_MS = 10_000;

/** How often somebody asks a service for its connection. */
const MAX_QUESTIONS = 4;

const ADDRESSES = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];

/** Says hello, stays for a while, and goes in one way or another. */
class Visitor extends Protocol {
  readonly #network: SimulatedNetwork;
  readonly #there: Set<Visitor>;

  /** @param there all visitors that are connected now */
  constructor(network: SimulatedNetwork, there: Set<Visitor>) {
    super();
    this.#network = network;
    this.#there = there;
  }

  override connectionMade(): void {
    const { random } = this.#network;
    this.#there.add(this);
    this.transport.write("hello");
    this.#network.callLater(random.integer(0, MAX_VISIT_MS), () => {
      if (random.integer(0, 1) === 0) this.transport.loseConnection();
      else this.transport.abortConnection();
    });
  }

  override connectionLost(): void {
    this.#there.delete(this);
  }
}

/** Never two connections at a time, and none after the stop, however often it has to come back. */
const CLIENT_SERVICE_TARGET: Target = {
  name: "client-service",
  async scenario(network) {
    const { random } = network;
    const there = new Set<Visitor>();
    network.invariant(() => expect(there.size).toBeLessThanOrEqual(1));
    await network.listenTCP({ host: HOST, port: PORT }, Factory.forProtocol(Echo));
    const endpoint: StreamClientEndpoint = {
      connect: (factory, options) =>
        network.connectTCP({ host: HOST, port: PORT, timeoutMs: 5_000, ...options }, factory),
    };
    const service = new ClientService(endpoint, new Factory(() => new Visitor(network, there)), {
      clock: network,
      retry: backoff({ random: () => random.next() }),
      prepare: random.integer(0, 1) === 0 ? () => sleep(network, random.integer(0, 100)) : () => {},
    });
    await service.start();
    for (let count = random.integer(0, MAX_QUESTIONS); count > 0; count--) {
      network.callLater(random.integer(0, SERVICE_MS), () => askFor(service, network));
    }
    await sleep(network, SERVICE_MS);
    await service.stop();
    expect(there.size).toBe(0);
    expect(service.connection).toBe("idle");
    network.invariant(() => expect(there.size).toBe(0));
  },
};

/** Who asks for the connection gets it, or hears that there is none any more. */
async function askFor(service: ClientService<Visitor>, network: SimulatedNetwork): Promise<void> {
  let isAnswered = false;
  network.atEnd(() => expect(isAnswered).toBe(true));
  try {
    await service.whenConnected();
  } catch (error) {
    expect(error).toBeInstanceOf(ServiceStoppedError);
  }
  isAnswered = true;
}

/** One protocol at most, whichever of the addresses answer. */
const RACE_TARGET: Target = {
  name: "connect-race",
  async scenario(network) {
    const there = new Set<Visitor>();
    let made = 0;
    for (const host of ADDRESSES) {
      if (network.random.integer(0, 1) === 0) continue;
      await network.listenTCP({ host, port: PORT }, Factory.forProtocol(Echo));
    }
    const options = { host: "several.example", port: PORT, resolver: async () => ADDRESSES };
    const visitors = new Factory(() => {
      made++;
      return new Visitor(network, there);
    });
    network.invariant(() => expect(made).toBeLessThanOrEqual(1));
    try {
      const visitor = await network.connectTCP(options, visitors);
      expect(visitor).toBeInstanceOf(Visitor);
      expect(made).toBe(1);
    } catch (error) {
      expect(error).toBeInstanceOf(ConnectError);
      expect(made).toBe(0);
    }
  },
};

export const CLIENT_TARGETS: readonly Target[] = [CLIENT_SERVICE_TARGET, RACE_TARGET];
