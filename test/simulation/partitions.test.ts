import { describe, expect, test } from "bun:test";
import { TimeoutError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { Scenario } from "../../src/testing/simulated-network.ts";
import { SPEECH, speak, Speaker } from "./conversation.ts";
import { firstRunWith } from "./first-run-with.ts";
import { HOST, PORT } from "./target.ts";

/** Runs `scenario` on a network that does nothing by itself. */
function run(scenario: Scenario): void {
  simulate(1, scenario, { faults: [] });
}

describe("SimulatedNetwork: partition and heal", () => {
  test("what is sent into a partition arrives when it heals, and nothing is lost", () => {
    run(async (network) => {
      const speaker = await speak(network);
      network.partition(HOST, PORT);
      network.callLater(3_000, () => network.heal(HOST, PORT));
      network.atEnd(() => {
        expect(speaker.times).toEqual([3_000]);
        expect(speaker.received).toBe(SPEECH);
        expect(speaker.reason).toEqual({ kind: "done" });
      });
    });
  });

  test("what is under way when it begins waits too", () => {
    run(async (network) => {
      const speaker = await speak(network);
      // The speaker begins at 100 ms, and everything is there at once.
      network.callLater(99, () => network.partition(HOST));
      network.callLater(200, () => network.heal());
      network.atEnd(() => expect(speaker.times).toEqual([200]));
    });
  });

  for (const [direction, arrivesAt] of [
    ["to", 0],
    ["from", 100],
  ] as const) {
    test(`only what goes ${direction} the place is held when that is asked for`, () => {
      const arrived: number[] = [];
      run(async (network) => {
        const factory = new Factory(() => {
          const server = new Speaker(network, "answer");
          server.dataReceived = () => void arrived.push(network.now());
          return server;
        });
        await network.listenTCP({ host: HOST, port: PORT }, factory);
        const client = new Factory(() => new Speaker(network));
        await network.connectTCP({ host: HOST, port: PORT }, client);
        network.partition(HOST, PORT, direction);
      });
      expect(arrived).toEqual(arrivesAt === 0 ? [] : [arrivesAt]);
    });
  }

  test("a name is refused, for addresses have none, and so is what is no port", () => {
    run((network) => {
      expect(() => network.partition("localhost", PORT)).toThrow(InvalidAddressError);
      expect(() => network.partition(HOST, 65_536)).toThrow(InvalidAddressError);
      expect(() => network.heal("localhost")).toThrow(InvalidAddressError);
    });
  });

  test("a place is the same however its address is written", () => {
    run(async (network) => {
      const silent = () => Factory.forProtocol(class extends Protocol {});
      await network.listenTCP({ host: "::1", port: PORT }, silent());
      network.partition("0:0::1", PORT);
      network.callLater(5_000, () => network.heal("0::0:1", PORT));
      await network.connectTCP({ host: "::1", port: PORT }, silent());
      expect(network.now()).toBe(5_000);
    });
  });

  test("a connect into a partition comes about when it heals", () => {
    run(async (network) => {
      network.partition(HOST, PORT);
      network.callLater(5_000, () => network.heal());
      const speaker = await speak(network);
      expect(network.now()).toBe(5_000);
      network.atEnd(() => expect(speaker.received).toBe(SPEECH));
    });
  });

  test("a connect into a partition that never heals is given up", () => {
    run(async (network) => {
      network.partition(HOST);
      expect(await speak(network).catch((error: unknown) => error)).toBeInstanceOf(TimeoutError);
      expect(network.now()).toBe(30_000);
    });
  });

  test("a datagram into a partition is lost", () => {
    const received: string[] = [];
    run(async (network) => {
      const receiver = new (class extends DatagramProtocol {
        override datagramReceived(data: Buffer): void {
          received.push(data.toString());
        }
      })();
      const sender = new (class extends DatagramProtocol {
        override startProtocol(): void {
          const to = { host: HOST, port: PORT };
          network.partition(HOST, PORT, "to");
          this.transport.write("lost", to);
          network.callLater(10, () => {
            network.heal(HOST, PORT);
            this.transport.write("healed", to);
          });
        }
      })();
      await network.listenUDP({ host: HOST, port: PORT }, receiver);
      await network.listenUDP({ host: HOST }, sender);
    });
    expect(received).toEqual(["healed"]);
  });

  test("a datagram that is under way when it begins is lost too", () => {
    const received: string[] = [];
    const underWay: Scenario = async (network) => {
      received.length = 0;
      const receiver = new (class extends DatagramProtocol {
        override datagramReceived(data: Buffer): void {
          received.push(data.toString());
        }
      })();
      const sender = new (class extends DatagramProtocol {
        override startProtocol(): void {
          this.transport.write("early", { host: HOST, port: PORT });
        }
      })();
      await network.listenUDP({ host: HOST, port: PORT }, receiver);
      await network.listenUDP({ host: HOST }, sender);
      network.partition(HOST, PORT);
    };
    const { faults } = firstRunWith("latency", underWay);
    expect(faults).toEqual(["latency"]);
    expect(received).toEqual([]);
  });

  test("only the partition that is named is healed", () => {
    run(async (network) => {
      const speaker = await speak(network);
      network.partition(HOST, PORT);
      network.partition("127.0.0.99");
      network.callLater(1_000, () => network.heal("127.0.0.99"));
      network.callLater(2_000, () => network.heal(HOST, PORT));
      network.atEnd(() => expect(speaker.times).toEqual([2_000]));
    });
  });
});
