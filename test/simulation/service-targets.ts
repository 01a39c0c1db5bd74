/** The small services over streams, with clients that do anything. */
import { expect } from "bun:test";
import { Chargen } from "../../src/protocols/chargen.ts";
import { Daytime } from "../../src/protocols/daytime.ts";
import { Discard } from "../../src/protocols/discard.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { Time } from "../../src/protocols/time.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { sleep } from "../../src/task/sleep.ts";
import type { Scenario, SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { RandomClient } from "./random-client.ts";
import { HOST, PORT, type Target } from "./target.ts";

/** A Sunday in 1994; any time would do. */
const NOW = Date.UTC(1994, 0, 2, 3, 4, 5);

/** Small, so that answers soon pile up. */
const SMALL_WRITE_LIMITS = { low: 20, high: 100, max: 1 << 20 };

/** How much of an endless answer a client takes. */
const ENOUGH_BYTES = 2_000;

/** A line of what RFC 864 asks for, the first one being 0. */
function chargenLine(line: number): string {
  let text = "";
  for (let column = 0; column < 72; column++) {
    text += String.fromCharCode(32 + ((line + column) % 95));
  }
  return `${text}\r\n`;
}

/** What RFC 864 makes of `bytes` bytes. */
function chargenPattern(bytes: number): string {
  let text = "";
  for (let line = 0; text.length < bytes; line++) text += chargenLine(line);
  return text.slice(0, bytes);
}

const PATTERN = chargenPattern(ENOUGH_BYTES + 65_536);

/** An echo that minds its water marks itself, in the way that suggests itself. */
class PatientEcho extends Protocol {
  override dataReceived(data: Buffer): void {
    if (!this.transport.write(data)) this.transport.pauseProducing();
  }

  override resumeWriting(): void {
    this.transport.resumeProducing();
  }
}

/** An echo that thinks about each piece, and takes the next one once its answer has left. */
class ThinkingEcho extends Protocol {
  readonly #network: SimulatedNetwork;

  constructor(network: SimulatedNetwork) {
    super();
    this.#network = network;
  }

  override async dataReceived(data: Buffer): Promise<void> {
    this.transport.pauseProducing();
    await sleep(this.#network, this.#network.random.integer(0, 30));
    this.transport.write(data);
    await this.transport.drained();
    this.transport.resumeProducing();
  }

  override readConnectionLost(): void {
    this.transport.loseConnection();
  }
}

/** Writes without end, and takes for granted that waiting to write on ends with the connection. */
class TirelessWriter extends Protocol {
  override async connectionMade(): Promise<void> {
    this.transport.setWriteLimits(SMALL_WRITE_LIMITS);
    for (let line = 0; ; line++) {
      if (!this.transport.write(chargenLine(line))) await this.transport.drained();
    }
  }
}

/** Takes what an endless service sends, until it has enough. */
class Taker extends RandomClient {
  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    if (this.received.length > ENOUGH_BYTES) this.transport.abortConnection();
  }
}

/** One or two clients, and a server that is checked when all is over. */
function serviceScenario<C extends RandomClient>(
  makeServer: (network: SimulatedNetwork) => Protocol,
  makeClient: (network: SimulatedNetwork) => C,
  check: (client: C, network: SimulatedNetwork) => void,
): Scenario {
  return async (network) => {
    const writeLimits = network.random.integer(0, 1) === 0 ? SMALL_WRITE_LIMITS : undefined;
    const options = { host: HOST, port: PORT, ...(writeLimits && { writeLimits }) };
    await network.listenTCP(options, new Factory(() => makeServer(network)));
    for (let count = network.random.integer(1, 2); count > 0; count--) {
      const client = makeClient(network);
      network.atEnd(() => check(client, network));
      await network.connectTCP({ host: HOST, port: PORT }, new Factory(() => client));
    }
  };
}

function checkEchoed(client: RandomClient, { endedWell }: SimulatedNetwork): void {
  const { sent, received, ending } = client;
  expect(received.equals(sent.subarray(0, received.length))).toBe(true);
  if (endedWell && ending === "half-close") expect(received.length).toBe(sent.length);
}

const randomClient = (network: SimulatedNetwork) => new RandomClient(network);

/** The services, by name. */
export const SERVICE_TARGETS: readonly Target[] = [
  { name: "echo", scenario: serviceScenario(() => new Echo(), randomClient, checkEchoed) },
  {
    name: "patient-echo",
    scenario: serviceScenario(() => new PatientEcho(), randomClient, checkEchoed),
  },
  {
    name: "thinking-echo",
    scenario: serviceScenario((network) => new ThinkingEcho(network), randomClient, checkEchoed),
  },
  {
    name: "discard",
    scenario: serviceScenario(
      () => new Discard(),
      randomClient,
      ({ received }) => expect(received.length).toBe(0),
    ),
  },
  {
    name: "chargen",
    scenario: serviceScenario(
      () => new Chargen(),
      (network) => new Taker(network),
      ({ received }) => expect(PATTERN.startsWith(received.toString("latin1"))).toBe(true),
    ),
  },
  {
    name: "tireless-writer",
    scenario: serviceScenario(
      () => new TirelessWriter(),
      (network) => new Taker(network),
      ({ received }) => expect(PATTERN.startsWith(received.toString("latin1"))).toBe(true),
    ),
  },
  {
    name: "daytime",
    scenario: serviceScenario(
      () => new Daytime(() => NOW),
      randomClient,
      ({ received, ending }, { endedWell }) => {
        const line = "Sun Jan  2 03:04:05 1994\r\n";
        expect(line.startsWith(received.toString())).toBe(true);
        if (endedWell && ending === "half-close") expect(received.toString()).toBe(line);
      },
    ),
  },
  {
    name: "time",
    scenario: serviceScenario(
      () => new Time(() => NOW),
      randomClient,
      ({ received, ending }, { endedWell }) => {
        const bytes = Buffer.from([0xb0, 0xd0, 0xb8, 0x25]);
        expect(bytes.subarray(0, received.length).equals(received)).toBe(true);
        if (endedWell && ending === "half-close") expect(received.length).toBe(4);
      },
    ),
  },
];
