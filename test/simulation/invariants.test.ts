import { describe, expect, test } from "bun:test";
import { Echo } from "../../src/protocols/echo.ts";
import { ConnectionRefusedError } from "../../src/reactor/connect-error.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { simulate } from "../../src/testing/simulate.ts";
import { type Scenario, SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import type { SimulationOptions } from "../../src/testing/simulation-options.ts";
import { BrokenInvariant } from "../../src/testing/simulation-result.ts";
import { speak } from "./conversation.ts";
import { firstRunWith } from "./first-run-with.ts";
import { HOST, PORT } from "./target.ts";

/** What breaks when `scenario` runs on a network that does nothing by itself. */
function breach(scenario: Scenario, options: SimulationOptions = {}): Error {
  try {
    simulate(1, scenario, { faults: [], ...options });
  } catch (error) {
    if (error instanceof BrokenInvariant) return error;
    throw error;
  }
  return expect.unreachable("Nothing broke");
}

/** A server made by `make`, and a client that speaks to it. */
function served(make: () => Protocol): Scenario {
  return async (network) => {
    await network.listenTCP({ host: HOST, port: PORT }, new Factory(make));
    await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => new Ping()));
  };
}

/** Says "ping" at once, and answers whatever it hears with another. */
class Ping extends Protocol {
  override connectionMade(): void {
    this.transport.write("ping");
  }

  override dataReceived(): void {
    this.transport.write("ping");
  }
}

/** Says nothing. */
class Silent extends Protocol {}

describe("A simulated run is broken by", () => {
  test("what the scenario throws, at once or later", () => {
    const error = new Error("not as it should be");
    expect(
      breach(() => {
        throw error;
      }).cause,
    ).toBe(error);
    const later: Scenario = async (network) => {
      await speak(network);
      throw error;
    };
    expect(breach(later).cause).toBe(error);
  });

  test("a check after any event that does not hold", () => {
    const seen: number[] = [];
    const error = breach(async (network) => {
      const speaker = await speak(network);
      network.invariant(() => {
        seen.push(network.now());
        expect(speaker.received).toBe("");
      });
    });
    expect(error.message).toContain("Seed 1: ");
    expect(seen.at(-1)).toBe(100);
  });

  test("a check at the end that does not hold", () => {
    const error = breach((network) => network.atEnd(() => expect(network.now()).toBe(1)));
    expect(error.message).toContain("Expected: 1");
  });

  test("an async check that does not hold", () => {
    const error = new Error("not as it should be");
    const check = async () => {
      await null;
      throw error;
    };
    expect(breach((network) => network.atEnd(check)).cause).toBe(error);
    expect(breach((network) => network.invariant(check)).cause).toBe(error);
  });

  test("a check that waits for something", () => {
    const waiting: Scenario = (network) => network.atEnd(() => new Promise(() => undefined));
    expect(breach(waiting).message).toContain("A check waits for something");
  });

  test("an error that a protocol throws, or a timed call, unless it was expected", () => {
    const thrown = new Error("unlucky");
    const failing = served(
      () =>
        new (class extends Protocol {
          override dataReceived(): void {
            throw thrown;
          }
        })(),
    );
    expect(breach(failing).cause).toMatchObject({ cause: thrown });
    const timed: Scenario = (network) => {
      network.callLater(1, async () => {
        throw thrown;
      });
    };
    expect(breach(timed).cause).toMatchObject({ cause: thrown });
    const onItsClock: Scenario = ({ clock }) => {
      clock.callLater(1, async () => {
        throw thrown;
      });
    };
    expect(breach(onItsClock).cause).toBe(thrown);
    for (const scenario of [failing, timed]) {
      const expecting: Scenario = (network) => {
        network.expectError((error) => error === thrown);
        return scenario(network);
      };
      simulate(1, expecting, { faults: [] });
    }
  });

  test("what a factory throws, which is named by its own class", () => {
    class Broken extends Factory {
      override stopFactory(): void {
        throw new Error("unlucky");
      }
    }
    const listening: Scenario = async (network) => {
      await network.listenTCP({ host: HOST, port: PORT }, new Broken(() => new Silent()));
    };
    expect(breach(listening).message).toContain("stopFactory of Broken failed");
  });

  test("a scenario that waits for what never happens", () => {
    const waiting: Scenario = () => new Promise(() => undefined);
    expect(breach(waiting).message).toContain("waits for something that never happened");
  });

  test("a conversation that never ends, unless it was told how long it may go on", () => {
    const endless = served(() => new Echo());
    const error = breach(endless, { maxSteps: 1_000 });
    expect(error.message).toContain("more than 1000 events; see maxSteps and durationMs");
    const onItsClock: Scenario = ({ clock }) => {
      const again = () => void clock.callLater(10, again);
      again();
    };
    expect(breach(onItsClock, { maxSteps: 1_000 }).message).toContain("more than 1000 events");
    const slow: Scenario = (network) => {
      const again = () => void network.callLater(10, again);
      again();
    };
    expect(simulate(1, slow, { faults: [], durationMs: 1_000 }).durationMs).toBeLessThan(70_000);
  });

  test("more waiting bytes than are allowed", () => {
    const flooding: Scenario = async (network) => {
      const speaker = await speak(network, "x".repeat(100_000));
      network.atEnd(() => expect(speaker.received.length).toBe(100_000));
    };
    expect(breach(flooding, { maxBufferedBytes: 50_000 }).message).toContain("(maxBufferedBytes)");
    simulate(1, flooding, { faults: [], maxBufferedBytes: 100_000 });
  });

  test("a chunk that is changed after it was written", () => {
    const chunk = Buffer.from("before");
    const reusing = served(
      () =>
        new (class extends Protocol {
          override dataReceived(): void {
            this.transport.write(chunk);
            chunk.write("behind");
          }
        })(),
    );
    expect(breach(reusing).message).toContain("are not those that were written");
  });

  test("a connect that fails on a network that does nothing", () => {
    const lonely: Scenario = async (network) => {
      await network.connectTCP({ host: HOST, port: PORT }, Factory.forProtocol(Ping));
    };
    expect(breach(lonely).cause).toBeInstanceOf(ConnectionRefusedError);
  });
});

describe("A simulated run is not broken by", () => {
  test("a connect that the network prevents, whether it is waited for or not", () => {
    firstRunWith("refused", async (network) => {
      await speak(network);
    });
    firstRunWith("refused", async (network) => {
      await network.listenTCP({ host: HOST, port: PORT }, Factory.forProtocol(Echo));
      void network.connectTCP({ host: HOST, port: PORT }, Factory.forProtocol(Silent));
    });
  });

  test("a scenario that stops the reactor itself", () => {
    simulate(
      1,
      async (network) => {
        const running = network.run();
        await speak(network);
        network.callLater(500, () => network.stop());
        await running;
        expect(network.now()).toBe(500);
      },
      { faults: [] },
    );
  });
});

test("The trace says what was still open when nothing was to come any more", () => {
  const { trace } = simulate(
    1,
    async (network) => {
      class Stuck extends Silent {
        override connectionMade(): void {
          this.transport.pauseProducing();
          this.transport.write("x".repeat(200_000));
        }
      }
      await network.listenTCP({ host: HOST, port: PORT }, Factory.forProtocol(Stuck));
      await network.connectTCP({ host: HOST, port: PORT }, Factory.forProtocol(Stuck));
      await speak(network, "short", PORT + 1);
    },
    { faults: [] },
  );
  const open = trace.filter((line) => line.includes("still open"));
  const state = "is still open; its protocol does not read; 134464 bytes wait to be sent";
  expect(open).toEqual([`     100 ms  1 client  ${state}`, `     100 ms  1 server  ${state}`]);
});

test("The trace says nothing of what is open where all has ended", () => {
  const { trace } = simulate(1, async (network) => void (await speak(network)), { faults: [] });
  expect(trace.join("\n")).not.toContain("still open");
});

describe("SimulatedNetwork: on its own", () => {
  test("advance moves time, and everything on the way happens", async () => {
    const network = new SimulatedNetwork({ seed: 1, faults: [] });
    const speaking = speak(network);
    network.advance(99);
    const speaker = await speaking;
    expect(speaker.received).toBe("");
    network.advance(1);
    expect(speaker.reason).toEqual({ kind: "done" });
    expect(network.now()).toBe(100);
    expect(network.finish().trace.at(-1)).toContain("the reactor stops");
  });

  test("advance throws what breaks on the way", () => {
    const network = new SimulatedNetwork({ seed: 1, faults: [] });
    network.invariant(() => expect(network.now()).toBeLessThan(10));
    network.callLater(20, () => undefined);
    network.advance(19);
    expect(() => network.advance(1)).toThrow(BrokenInvariant);
  });
});
