import { describe, expect, test } from "bun:test";
import { DatagramServerService } from "../../src/application/datagram-server-service.ts";
import { MultiService } from "../../src/application/multi-service.ts";
import {
  StreamServerEndpointService,
  type StreamServerEndpointServiceOptions,
} from "../../src/application/stream-server-endpoint-service.ts";
import { TCPServerEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { UDPServerEndpoint } from "../../src/endpoints/udp-endpoints.ts";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryReactor } from "../../src/testing/memory-reactor.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";

const PORT = 7;
const WHERE = { host: "127.0.0.1", port: PORT };

/** Closes when its port is drained, some time later. */
class Draining extends Protocol {
  static readonly delayMs = 200;
  readonly #reactor: MemoryReactor;

  constructor(reactor: MemoryReactor) {
    super();
    this.#reactor = reactor;
  }

  override draining(): void {
    this.#reactor.callLater(Draining.delayMs, () => this.transport.loseConnection());
  }
}

async function settle(): Promise<void> {
  for (let tick = 0; tick < 100; tick++) await Promise.resolve();
}

describe("StreamServerEndpointService", () => {
  test("it listens from start to stop, and again after another start", async () => {
    const reactor = new MemoryReactor();
    const endpoint = new TCPServerEndpoint(reactor, { port: PORT });
    const service = new StreamServerEndpointService(endpoint, new Factory(() => null));
    expect(service.port).toBeNull();
    for (let round = 0; round < 2; round++) {
      await service.start();
      expect((service.port?.host as InternetAddress).port).toBe(PORT);
      await service.stop();
      expect(service.port).toBeNull();
    }
    const connecting = reactor.connectTCP(WHERE, Factory.forProtocol(RecordingProtocol));
    await expect(connecting).rejects.toThrow("ECONNREFUSED");
  });

  test("privilegedStart opens the port, and start keeps it", async () => {
    const reactor = new MemoryReactor();
    const endpoint = new TCPServerEndpoint(reactor);
    const service = new StreamServerEndpointService(endpoint, new Factory(() => null));
    await service.privilegedStart();
    const { port } = service;
    expect(port).not.toBeNull();
    await service.start();
    expect(service.port).toBe(port);
    await service.stop();
  });

  test("stop drains: it tells the protocols and waits for the connections", async () => {
    const reactor = new MemoryReactor();
    const endpoint = new TCPServerEndpoint(reactor, { port: PORT });
    const factory = new Factory(() => new Draining(reactor));
    const service = new StreamServerEndpointService(endpoint, factory);
    await service.start();
    const client = await reactor.connectTCP(WHERE, Factory.forProtocol(RecordingProtocol));
    let isStopped = false;
    const stopped = service.stop().then(() => {
      isStopped = true;
    });
    await settle();
    reactor.advance(Draining.delayMs - 1);
    await settle();
    expect(isStopped).toBe(false);
    reactor.advance(1);
    await stopped;
    expect(client.reason).toEqual({ kind: "done" });
  });

  test("connections that do not finish are aborted after the drain timeout", async () => {
    const reactor = new MemoryReactor();
    const endpoint = new TCPServerEndpoint(reactor, { port: PORT });
    const factory = Factory.forProtocol(RecordingProtocol);
    const options: StreamServerEndpointServiceOptions = { drainTimeoutMs: 300 };
    const service = new StreamServerEndpointService(endpoint, factory, options);
    await service.start();
    const client = await reactor.connectTCP(WHERE, Factory.forProtocol(RecordingProtocol));
    const stopped = service.stop();
    await settle();
    reactor.advance(299);
    expect(client.reason).toBeNull();
    reactor.advance(1);
    await stopped;
    expect(client.reason).toMatchObject({ kind: "lost" });
  });

  for (const drainTimeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a drain timeout of ${drainTimeoutMs} is refused when the service is made`, () => {
      const endpoint = new TCPServerEndpoint(new MemoryReactor());
      const make = () =>
        new StreamServerEndpointService(endpoint, new Factory(), { drainTimeoutMs });
      expect(make).toThrow(`drainTimeoutMs is ${drainTimeoutMs}; a finite number of at least 0`);
    });
  }

  test("what is no factory or option is refused when the service is made", () => {
    const endpoint = new TCPServerEndpoint(new MemoryReactor());
    const make = (factory: unknown, options?: unknown) => () =>
      new StreamServerEndpointService(endpoint, factory as never, options as never);
    expect(make(class Echo {})).toThrow("the factory is [class Echo]; a Factory is needed");
    expect(make(new Factory(), { drainTimeout: 5 })).toThrow('no option "drainTimeout"');
  });

  test("a port that cannot be opened rejects start, and stops what had started", async () => {
    const reactor = new MemoryReactor();
    const factory = new Factory(() => null);
    const make = () => {
      const endpoint = new TCPServerEndpoint(reactor, { port: PORT });
      return new StreamServerEndpointService(endpoint, factory);
    };
    const [first, second] = [make(), make()];
    const all = new MultiService({ clock: reactor, services: [first, second] });
    expect(await all.start().catch((error: unknown) => error)).toBeInstanceOf(CannotListenError);
    expect(first.port).toBeNull();
    expect([first.state, second.state]).toEqual(["stopped", "stopped"]);
  });
});

describe("DatagramServerService", () => {
  test("it serves from start to stop, with a protocol of its own for each start", async () => {
    const reactor = new MemoryReactor();
    const events: string[] = [];
    let made = 0;
    class Recorded extends DatagramProtocol {
      readonly #number = ++made;
      override startProtocol = () => void events.push(`start ${this.#number}`);
      override stopProtocol = () => void events.push(`stop ${this.#number}`);
    }
    const endpoint = new UDPServerEndpoint(reactor, { port: PORT });
    const service = new DatagramServerService(endpoint, () => new Recorded(), { name: "udp" });
    await service.privilegedStart();
    await service.start();
    expect(service.port?.host.port).toBe(PORT);
    await service.stop();
    await service.start();
    await service.stop();
    expect(service.port).toBeNull();
    expect(events).toEqual(["start 1", "stop 1", "start 2", "stop 2"]);
  });

  test("a protocol instead of what makes one is refused when the service is made", () => {
    const endpoint = new UDPServerEndpoint(new MemoryReactor());
    const make = () =>
      new DatagramServerService(endpoint, new DatagramProtocolOfNothing() as never);
    expect(make).toThrow("makeProtocol is DatagramProtocolOfNothing {}; a function is needed");
  });
});

class DatagramProtocolOfNothing extends DatagramProtocol {}
