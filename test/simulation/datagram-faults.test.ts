import { describe, expect, test } from "bun:test";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { FaultKind } from "../../src/testing/fault-kind.ts";
import { simulate } from "../../src/testing/simulate.ts";
import type { SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { firstRunWith } from "./first-run-with.ts";
import { HOST, PORT } from "./target.ts";

const COUNT = 8;
const ALL = Array.from({ length: COUNT }, (_, index) => `datagram ${index}`);

/** Keeps what it receives. */
class Receiver extends DatagramProtocol {
  readonly received: string[] = [];

  override datagramReceived(data: Buffer): void {
    this.received.push(data.toString());
  }
}

/** Sends all datagrams, one each millisecond, over a connected socket. */
class Sender extends DatagramProtocol {
  refusals = 0;
  readonly #network: SimulatedNetwork;

  constructor(network: SimulatedNetwork) {
    super();
    this.#network = network;
  }

  override startProtocol(): void {
    this.transport.connect({ host: HOST, port: PORT });
    for (const [index, datagram] of ALL.entries()) {
      this.#network.callLater(index, () => this.transport.write(datagram));
    }
  }

  override connectionRefused(): void {
    this.refusals++;
  }
}

/** Sends all datagrams over `network`. */
async function send(network: SimulatedNetwork) {
  const [receiver, sender] = [new Receiver(), new Sender(network)];
  await network.listenUDP({ host: HOST, port: PORT }, receiver);
  await network.listenUDP({ host: HOST }, sender);
  return { receiver, sender };
}

/** What came in the first run in which `fault` takes effect. */
function runWith(fault: FaultKind) {
  let peers: Awaited<ReturnType<typeof send>> | undefined;
  firstRunWith(fault, async (network) => {
    peers = await send(network);
  });
  const { receiver, sender } = peers ?? expect.unreachable("There was no run");
  return { received: receiver.received, refusals: sender.refusals };
}

describe("SimulatedNetwork: datagrams", () => {
  test("arrive once, whole and in order when nothing happens to them", () => {
    let peers: Awaited<ReturnType<typeof send>> | undefined;
    simulate(
      1,
      async (network) => {
        peers = await send(network);
      },
      { faults: [] },
    );
    expect(peers?.receiver.received).toEqual(ALL);
  });

  test("the trace tells what was sent where, also of what is lost", () => {
    const { trace } = firstRunWith("datagram-loss", async (network) => void (await send(network)));
    const sent = trace.filter((line) => /udp .* sends datagram \d to udp /.test(line));
    expect(sent.length).toBe(COUNT);
    expect(sent[0]).toContain(`sends datagram 1 to udp ${HOST}:${PORT}: 10 bytes "datagram 0"`);
    expect(trace.find((line) => line.endsWith(" is lost"))).toBeDefined();
  });

  test("datagram-loss: some do not arrive, and nobody is told", () => {
    const { received, refusals } = runWith("datagram-loss");
    expect(received.length).toBeLessThan(COUNT);
    expect(ALL).toEqual(expect.arrayContaining(received));
    expect(refusals).toBe(0);
  });

  test("datagram-duplicate: some arrive twice", () => {
    const { received } = runWith("datagram-duplicate");
    expect(received.length).toBeGreaterThan(COUNT);
    expect(new Set(received)).toEqual(new Set(ALL));
  });

  test("datagram-delay: all arrive, some after others that were sent later", () => {
    const { received } = runWith("datagram-delay");
    expect(received).not.toEqual(ALL);
    expect(received.toSorted()).toEqual(ALL);
  });

  test("datagram-truncation: some arrive without their end", () => {
    const { received } = runWith("datagram-truncation");
    expect(received).not.toEqual(ALL);
    expect(received.length).toBe(COUNT);
    for (const [index, datagram] of received.entries()) {
      expect(ALL[index]?.startsWith(datagram)).toBe(true);
    }
  });

  test("datagram-refusal: some do not arrive, and a connected sender is told", () => {
    const { received, refusals } = runWith("datagram-refusal");
    expect(refusals).toBeGreaterThan(0);
    expect(received.length).toBe(COUNT - refusals);
  });
});
