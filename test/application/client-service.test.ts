import { describe, expect, spyOn, test } from "bun:test";
import type { ClientServiceOptions } from "../../src/application/client-service-options.ts";
import { ClientService } from "../../src/application/client-service.ts";
import { ServiceStoppedError } from "../../src/application/service-stopped-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { Client, type ScriptedAttempt, ScriptedEndpoint } from "./scripted-endpoint.ts";

/** A service over a scripted endpoint that waits 100 ms for each failure in a row. */
function scripted(
  attempts: readonly ScriptedAttempt[],
  options: Partial<ClientServiceOptions<Client>> & { readonly factory?: Factory<Client> } = {},
) {
  const endpoint = new ScriptedEndpoint(attempts);
  const logger = new MemoryLogger();
  const { factory = Factory.forProtocol(Client), ...rest } = options;
  const service = new ClientService(endpoint, factory, {
    clock: endpoint.reactor,
    retry: (attempt) => attempt * 100,
    logger,
    ...rest,
  });
  return { endpoint, service, logger };
}

/** When each attempt began. */
function attemptTimes(endpoint: ScriptedEndpoint): number[] {
  return endpoint.events.filter(([name]) => name === "attempt").map((event) => Number(event[2]));
}

/** What a promise has come to so far. */
function outcomeOf(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const outcome: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => Object.assign(outcome, { value }),
    (error: unknown) => Object.assign(outcome, { error }),
  );
  return outcome;
}

describe("ClientService", () => {
  test("statement 42: failures make the delays grow, and a success begins anew", async () => {
    const { endpoint, service } = scripted([
      ["fail", 0],
      ["fail", 0],
      ["fail", 0],
      ["ok", 0],
      ["fail", 0],
      ["fail", 0],
    ]);
    await service.start();
    await endpoint.advance(600, 10);
    expect(attemptTimes(endpoint)).toEqual([0, 100, 300, 600]);
    endpoint.servers[0]?.abort();
    await endpoint.advance(400, 10);
    // The first delay after a connection is that of one failure.
    expect(attemptTimes(endpoint)).toEqual([0, 100, 300, 600, 700, 800, 1_000]);
    await service.stop();
  });

  test("statement 42: whenConnected resolves with the protocol, before and after it is there", async () => {
    const { endpoint, service } = scripted([["ok", 100]]);
    const early = service.whenConnected();
    await service.start();
    await endpoint.advance(100);
    const protocol = await early;
    expect(await service.whenConnected()).toBe(protocol);
    expect(service.connection).toBe("connected");
    await service.stop();
    expect(service.connection).toBe("idle");
  });

  test("statement 42: whenConnected gives up after so many failures from when it was asked", async () => {
    const { endpoint, service } = scripted([["fail", 0], ["fail", 0], ["fail", 0], ["hang"]]);
    await service.start();
    await endpoint.settle();
    const late = outcomeOf(service.whenConnected({ failAfterFailures: 2 }));
    await endpoint.advance(100);
    expect(late).toEqual({});
    await endpoint.advance(200);
    expect(late.error).toMatchObject({ name: "ConnectionRefusedError" });
    await service.stop();
  });

  test("statement 42: stop in the middle of a connect cancels it, and waits for it", async () => {
    const { endpoint, service } = scripted([["stubborn", 300]]);
    await service.start();
    await endpoint.advance(100);
    const stopped = outcomeOf(service.stop().then(() => "stopped"));
    await endpoint.advance(100);
    expect(service.state).toBe("stopping");
    await endpoint.advance(200);
    expect(stopped).toEqual({ value: "stopped" });
    expect(endpoint.servers.length).toBe(1);
    expect(attemptTimes(endpoint)).toEqual([0]);
  });

  test("statement 42: stop closes the connection in order, and waits for its end", async () => {
    const clients: Client[] = [];
    const factory = new Factory(() => {
      const client = new Client();
      clients.push(client);
      return client;
    });
    const { endpoint, service } = scripted([["ok", 0]], { factory });
    await service.start();
    await endpoint.advance(10);
    await service.stop();
    expect(clients.map(({ ended }) => ended)).toEqual(["yes"]);
  });

  test("statement 42: after stop it may be started again, also while it is stopping", async () => {
    const { endpoint, service } = scripted([
      ["ok", 0],
      ["ok", 0],
      ["ok", 0],
    ]);
    await service.start();
    await endpoint.advance(10);
    await service.stop();
    await service.start();
    await endpoint.advance(10);
    void service.stop();
    const again = service.start();
    const connected = service.whenConnected();
    await endpoint.advance(10);
    await again;
    expect(await connected).toBeInstanceOf(Client);
    expect(endpoint.servers.length).toBe(3);
    await service.stop();
  });

  test("statement 42: who waits when it is stopped, or asks afterwards, gets a ServiceStoppedError", async () => {
    const { endpoint, service } = scripted([["hang"]], { name: "feed" });
    await service.start();
    const waiting = outcomeOf(service.whenConnected());
    await endpoint.settle();
    await service.stop();
    await endpoint.settle();
    expect(waiting.error).toBeInstanceOf(ServiceStoppedError);
    expect(waiting.error).toMatchObject({ message: "Cannot wait for feed: it was stopped" });
    await expect(service.whenConnected()).rejects.toBeInstanceOf(ServiceStoppedError);
  });

  test("a signal ends the wait of one, and not that of another", async () => {
    const { endpoint, service } = scripted([["ok", 100]]);
    await service.start();
    const impatient = new AbortController();
    const left = outcomeOf(service.whenConnected({ signal: impatient.signal }));
    const stays = outcomeOf(service.whenConnected());
    await endpoint.settle();
    impatient.abort("bored");
    await endpoint.advance(100);
    expect(left).toEqual({ error: "bored" });
    expect(stays.value).toBeInstanceOf(Client);
    await service.stop();
  });

  test("a patience below 1 is refused", async () => {
    const { service } = scripted([]);
    const connected = service.whenConnected({ failAfterFailures: 0 });
    await expect(connected).rejects.toBeInstanceOf(RangeError);
  });

  test("prepare has the connection first, and nobody else before it is done", async () => {
    const preparing = Promise.withResolvers<void>();
    const prepared: Protocol[] = [];
    const { endpoint, service } = scripted([["ok", 0]], {
      prepare(protocol) {
        prepared.push(protocol);
        return preparing.promise;
      },
    });
    await service.start();
    const connected = outcomeOf(service.whenConnected());
    await endpoint.advance(10);
    expect(service.connection).toBe("preparing");
    expect(prepared.length).toBe(1);
    expect(connected).toEqual({});
    preparing.resolve();
    await endpoint.settle();
    expect(connected.value).toBe(prepared[0]);
    await service.stop();
  });

  test("a prepare that fails aborts the connection and counts as a failure", async () => {
    let attempts = 0;
    const { endpoint, service, logger } = scripted(
      [
        ["ok", 0],
        ["ok", 0],
      ],
      {
        prepare() {
          if (++attempts === 1) throw new Error("wrong password");
        },
      },
    );
    await service.start();
    const impatient = outcomeOf(service.whenConnected({ failAfterFailures: 1 }));
    await endpoint.advance(90, 10);
    expect(impatient.error).toMatchObject({ message: "wrong password" });
    expect(logger.reports.map(({ message }) => message)).toEqual([
      "a client service could not connect (failure 1 in a row)",
    ]);
    await endpoint.advance(20, 10);
    expect(attemptTimes(endpoint)).toEqual([0, 100]);
    expect(service.connection).toBe("connected");
    await service.stop();
  });

  test("a connection that is lost while it is prepared counts as a failure", async () => {
    const { endpoint, service } = scripted([["ok", 0], ["hang"]], {
      prepare: () => new Promise(() => undefined),
    });
    await service.start();
    const impatient = outcomeOf(service.whenConnected({ failAfterFailures: 1 }));
    await endpoint.advance(10);
    endpoint.servers[0]?.abort();
    await endpoint.advance(100);
    expect(impatient.error).toMatchObject({
      message: "The connection ended while it was prepared",
    });
    expect(attemptTimes(endpoint)).toHaveLength(2);
    await service.stop();
  });

  test("stop while a connection is prepared closes it", async () => {
    const { endpoint, service } = scripted([["ok", 0]], {
      prepare: () => new Promise(() => undefined),
    });
    await service.start();
    await endpoint.advance(10);
    const stopped = outcomeOf(service.stop().then(() => "stopped"));
    await endpoint.advance(10);
    expect(stopped).toEqual({ value: "stopped" });
  });

  test("whenConnected inside connectionLost waits for the next connection", async () => {
    const next: Promise<Client>[] = [];
    const clients: Client[] = [];
    class Returning extends Client {
      override connectionLost(): void {
        next.push(service.whenConnected());
      }
    }
    const factory = new Factory<Client>(() => {
      const client = clients.length === 0 ? new Returning() : new Client();
      clients.push(client);
      return client;
    });
    const { endpoint, service } = scripted(
      [
        ["ok", 0],
        ["ok", 0],
      ],
      { factory },
    );
    await service.start();
    await endpoint.advance(10);
    endpoint.servers[0]?.abort();
    await endpoint.advance(200);
    expect(clients.length).toBe(2);
    expect(await next[0]).toBe(clients[1] as Client);
    await service.stop();
  });

  test("a delay that no clock can wait for ends the attempts, and those who wait hear of it", async () => {
    const { endpoint, service, logger } = scripted([["fail", 0]], { retry: () => Number.NaN });
    await service.start();
    const waiting = outcomeOf(service.whenConnected());
    await endpoint.advance(10);
    expect(waiting.error).toBeInstanceOf(RangeError);
    expect(logger.reports.at(-1)).toMatchObject({ level: "error" });
    expect(service.connection).toBe("idle");
    await service.stop();
  });

  test("who asks after the attempts have ended hears of it too, until a restart", async () => {
    const fault = new Error("a fault of the policy");
    const retry = () => {
      throw fault;
    };
    const { endpoint, service } = scripted(
      [
        ["fail", 0],
        ["ok", 0],
      ],
      { retry },
    );
    await service.start();
    await endpoint.advance(10);
    const late = outcomeOf(service.whenConnected());
    await endpoint.settle();
    expect(late.error).toBe(fault);
    await service.stop();
    await service.start();
    expect(await service.whenConnected()).toBeInstanceOf(Client);
    await service.stop();
  });

  test("a logger that fails does not end the attempts", async () => {
    using _stderr = spyOn(process.stderr, "write").mockImplementation(() => true);
    const report = () => {
      throw new Error("no space left on device");
    };
    const logger = { warn: report, error: report };
    const { endpoint, service } = scripted(
      [
        ["fail", 0],
        ["ok", 0],
      ],
      { logger },
    );
    await service.start();
    await endpoint.advance(200);
    expect(service.connection).toBe("connected");
    await service.stop();
  });

  test("a connection that another protocol took over still belongs to the service", async () => {
    class Switching extends Client {
      override connectionMade(): void {
        this.transport.switchProtocol(new Client());
      }
    }
    const factory = new Factory<Client>(() => new Switching());
    const { endpoint, service } = scripted([["ok", 0], ["hang"]], { factory });
    await service.start();
    await endpoint.advance(10);
    endpoint.servers[0]?.abort();
    await endpoint.advance(200);
    expect(attemptTimes(endpoint)).toHaveLength(2);
    await service.stop();
  });
});
