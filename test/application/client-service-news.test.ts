import { describe, expect, spyOn, test } from "bun:test";
import type { ClientServiceOptions } from "../../src/application/client-service-options.ts";
import { ClientService } from "../../src/application/client-service.ts";
import { TimerService } from "../../src/application/timer-service.ts";
import { TCPClientEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import type { StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import { Client, type ScriptedAttempt, ScriptedEndpoint } from "./scripted-endpoint.ts";

/** A service that tells what it does, and waits 100 ms for each failure in a row. */
function telling(
  attempts: readonly ScriptedAttempt[],
  options: Partial<ClientServiceOptions<Client>> = {},
) {
  const endpoint = new ScriptedEndpoint(attempts);
  const logger = new MemoryLogger();
  const told: unknown[] = [];
  const service = new ClientService(endpoint, Factory.forProtocol(Client), {
    clock: endpoint.reactor,
    retry: (attempt) => attempt * 100,
    logger,
    connected: (protocol) => told.push(["connected", protocol.ended]),
    lost: (protocol) => told.push(["lost", protocol.ended]),
    retrying: ({ delayMs, failures, error }) =>
      told.push(["retrying", delayMs, failures, error instanceof Error ? error.name : error]),
    ...options,
  });
  return { endpoint, service, logger, told };
}

/** A client that fills its connection and then says neither more nor that this was all. */
class Quiet extends Client {
  override connectionMade(): void {
    const idle = { pauseProducing() {}, resumeProducing() {}, stopProducing() {} };
    this.transport.registerProducer(idle, true);
  }
}

describe("ClientService: what it tells", () => {
  test("connected, lost and retrying come in turn, with what there is to know", async () => {
    const { endpoint, service, told } = telling([
      ["fail", 0],
      ["ok", 0],
      ["ok", 0],
    ]);
    await service.start();
    await endpoint.advance(110, 10);
    expect(told).toEqual([
      ["retrying", 100, 1, "ConnectionRefusedError"],
      ["connected", "no"],
    ]);
    endpoint.servers[0]?.abort();
    await endpoint.advance(110, 10);
    expect(told.slice(2)).toEqual([
      ["lost", "yes"],
      ["retrying", 100, 0, undefined],
      ["connected", "no"],
    ]);
    await service.stop();
    expect(told.slice(5)).toEqual([["lost", "yes"]]);
  });

  test("a connection that was never made ready is a failure, neither connected nor lost", async () => {
    const prepare = () => {
      throw new Error("wrong password");
    };
    const { endpoint, service, told } = telling([["ok", 0], ["hang"]], { prepare });
    await service.start();
    await endpoint.advance(50, 10);
    expect(told).toEqual([["retrying", 100, 1, "Error"]]);
    await service.stop();
  });

  test("a callback that throws or rejects is logged, and the service goes on", async () => {
    const [thrown, rejected] = [new Error("Thrown"), new Error("Rejected")];
    const fail = () => {
      throw thrown;
    };
    const { endpoint, service, logger } = telling(
      [
        ["ok", 0],
        ["ok", 0],
      ],
      {
        connected: fail,
        lost: () => Promise.reject(rejected),
        retrying: fail,
      },
    );
    await service.start();
    await endpoint.advance(10);
    endpoint.servers[0]?.abort();
    await endpoint.advance(110, 10);
    expect(service.connection).toBe("connected");
    expect(logger.errors).toEqual([thrown, rejected, thrown, thrown]);
    await service.stop();
  });

  test("stop inside of connected ends the connection in order", async () => {
    const stops: Promise<void>[] = [];
    const { endpoint, service, told } = telling([["ok", 0]], {
      connected: () => void stops.push(service.stop()),
    });
    await service.start();
    await endpoint.advance(10);
    await Promise.all(stops);
    expect(told).toEqual([["lost", "yes"]]);
    expect(service.connection).toBe("idle");
  });

  test("failures are reported where the reactor reports, and nowhere else", async () => {
    using stderr = spyOn(process.stderr, "write").mockImplementation(() => true);
    const endpoint = new ScriptedEndpoint([["fail", 0], ["hang"]]);
    const { reactor } = endpoint;
    const options = { clock: reactor, retry: () => 100 };
    const service = new ClientService(endpoint, Factory.forProtocol(Client), options);
    await service.start();
    await endpoint.advance(10);
    expect((reactor.logger as MemoryLogger).reports).toHaveLength(1);
    const timer = new TimerService(reactor, 10, () => {
      throw new Error("no timer");
    });
    await timer.start();
    await endpoint.settle();
    expect((reactor.logger as MemoryLogger).reports).toHaveLength(2);
    expect(stderr).not.toHaveBeenCalled();
    await service.stop();
  });

  test("in a simulated network nothing comes out, and failures are in the trace", () => {
    using stderr = spyOn(process.stderr, "write").mockImplementation(() => true);
    const scenario: Scenario = async (network) => {
      const endpoint = new TCPClientEndpoint(network, { host: "127.0.0.1", port: 9 });
      const options = { clock: network, retry: () => 1_000 };
      const service = new ClientService(endpoint, Factory.forProtocol(Client), options);
      await service.start();
      network.callLater(5_000, () => service.stop());
    };
    const { trace } = simulate(1, scenario, { faults: [] });
    expect(trace.join("\n")).toContain("warning: a client service could not connect (failure 1");
    expect(stderr).not.toHaveBeenCalled();
  });
});

describe("ClientService: a stop that takes too long", () => {
  test("a quiet producer does not hold it up: the connection is aborted", async () => {
    const endpoint = new ScriptedEndpoint([["ok", 0]]);
    const clients: Quiet[] = [];
    const factory = new Factory(() => {
      const client = new Quiet();
      clients.push(client);
      return client;
    });
    const service = new ClientService(endpoint, factory, { clock: endpoint.reactor });
    await service.start();
    await endpoint.advance(10);
    let isStopped = false;
    const stopped = service.stop().then(() => {
      isStopped = true;
    });
    await endpoint.advance(29_900, 100);
    expect(isStopped).toBe(false);
    await endpoint.advance(200, 100);
    await stopped;
    expect(clients.map(({ ended }) => ended)).toEqual(["yes"]);
    expect(service.state).toBe("stopped");
  });

  test("an endpoint that does not cancel is told of; when started again it is waited for", async () => {
    const { endpoint, service, told } = telling(
      [
        ["stubborn", 5_000],
        ["ok", 0],
      ],
      {
        stopTimeoutMs: 1_000,
        name: "feed",
      },
    );
    await service.start();
    await endpoint.advance(10);
    const stopped = service.stop().catch((error: unknown) => error);
    await endpoint.advance(2_100, 100);
    expect(await stopped).toMatchObject({
      message: "Waited in vain for feed: its endpoint goes on connecting",
    });
    expect(service.state).toBe("stopped");
    await service.start();
    await endpoint.advance(3_000, 100);
    // The late connection was closed at once, and nobody was told of it.
    expect(told).toEqual([["connected", "no"]]);
    expect(endpoint.servers).toHaveLength(2);
    await service.stop();
  });
});

describe("ClientService: what it refuses", () => {
  const endpoint: StreamClientEndpoint = { connect: () => Promise.reject(new Error("unused")) };
  const factory = Factory.forProtocol(Client);
  const clock = new ManualClock();
  const refused: readonly (readonly [unknown, unknown, string])[] = [
    [
      Client,
      { clock },
      "ClientService: the factory is [class Client extends Protocol]; Factory.for",
    ],
    [factory, undefined, "ClientService: the options are undefined; an object with some of clock"],
    [factory, {}, "ClientService: clock is undefined; a clock, such as a reactor, is needed"],
    [factory, { clock, retry: 1_000 }, "ClientService: retry is 1000; a function is needed"],
    [factory, { clock, onConnected() {} }, 'ClientService: there is no option "onConnected"; an'],
    [factory, { clock, logger: () => undefined }, "ClientService: logger is [Function"],
    [factory, { clock, stopTimeoutMs: -1 }, "ClientService: stopTimeoutMs is -1; a finite number"],
  ];
  test.each(refused)("%p with %p is refused in one sentence", (made, options, message) => {
    const make = () => new ClientService(endpoint, made as never, options as never);
    expect(make).toThrow(message);
  });
});
