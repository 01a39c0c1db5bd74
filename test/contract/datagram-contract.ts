import { describe, expect } from "bun:test";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { CannotListenError } from "../../src/reactor/cannot-listen-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../../src/reactor/datagram-transport.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";
import type { DatagramPort } from "../../src/reactor/listening-port.ts";
import { MessageLengthError } from "../../src/reactor/message-length-error.ts";
import {
  type ContractEnvironment,
  type ContractSkips,
  contractTest,
  type MakeEnvironment,
  pattern,
  portOf,
  rejection,
} from "./contract-environment.ts";

/** Records its callbacks, and answers as it is told. */
class RecordingDatagrams extends DatagramProtocol {
  readonly events: string[] = [];
  readonly received: Buffer[] = [];
  readonly peers: InternetAddress[] = [];
  readonly #answer: (me: RecordingDatagrams, data: Buffer, peer: InternetAddress) => unknown;
  #waiting: { readonly check: () => boolean; readonly done: () => void }[] = [];

  constructor(
    answer: (me: RecordingDatagrams, data: Buffer, peer: InternetAddress) => unknown = () =>
      undefined,
  ) {
    super();
    this.#answer = answer;
  }

  get connection(): DatagramTransport {
    return this.transport;
  }

  until(check: () => boolean): Promise<void> {
    if (check()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ check, done: resolve });
    return promise;
  }

  receives(count: number): Promise<void> {
    return this.until(() => this.received.length >= count);
  }

  override startProtocol(): void {
    this.#record("startProtocol");
  }

  override datagramReceived(data: Buffer, peer: InternetAddress): void {
    this.received.push(data);
    this.peers.push(peer);
    this.#record("datagramReceived");
    return this.#answer(this, data, peer) as void;
  }

  override stopProtocol(): void {
    this.#record("stopProtocol");
  }

  override connectionRefused(): void {
    this.#record("connectionRefused");
  }

  override errorReceived(error: Error): void {
    this.#record(`errorReceived ${error.message}`);
  }

  #record(event: string): void {
    this.events.push(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.check()) waiter.done();
      else this.#waiting.push(waiter);
    }
  }
}

function echo(): RecordingDatagrams {
  return new RecordingDatagrams((me, data, peer) => me.connection.write(data, peer));
}

async function open(
  env: ContractEnvironment,
  protocol: DatagramProtocol,
): Promise<{ readonly port: DatagramPort; readonly address: { host: string; port: number } }> {
  const port = await env.reactor.listenUDP({ host: env.host }, protocol);
  return { port, address: { host: env.host, port: portOf(port) } };
}

/** A port that was open a moment ago, and has nobody behind it now. */
async function deadAddress(env: ContractEnvironment): Promise<{ host: string; port: number }> {
  const { port, address } = await open(env, new RecordingDatagrams());
  await port.stopListening();
  return address;
}

/** What UDP ports do. */
export function datagramContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: datagrams`, () => {
    const test = contractTest(make, skips);

    test("startProtocol comes once and first, stopProtocol once and last", async (env) => {
      const [server, client] = [echo(), new RecordingDatagrams()];
      const { port, address } = await open(env, server);
      await open(env, client);
      client.connection.write("hi", address);
      await client.receives(1);
      await Promise.all([port.stopListening(), port.stopListening()]);
      expect(server.events).toEqual(["startProtocol", "datagramReceived", "stopProtocol"]);
    });

    test("boundaries are kept, and an empty datagram is one", async (env) => {
      const [server, client] = [new RecordingDatagrams(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      await open(env, client);
      client.connection.write("one", address);
      client.connection.write("", address);
      client.connection.writeMany(["two", Buffer.from("three")], address);
      await server.receives(4);
      expect(server.received.map(String)).toEqual(["one", "", "two", "three"]);
    });

    test("the largest datagram arrives whole", async (env) => {
      const [server, client] = [echo(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      await open(env, client);
      const bytes = pattern(65_507);
      client.connection.write(bytes, address);
      await client.receives(1);
      expect(client.received[0]?.equals(bytes)).toBe(true);
    });

    test("a longer one is refused with MessageLengthError, and nothing is sent", async (env) => {
      const [server, client] = [new RecordingDatagrams(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      await open(env, client);
      const tooLong = Buffer.alloc(65_508);
      expect(() => client.connection.write(tooLong, address)).toThrow(MessageLengthError);
      expect(() => client.connection.writeMany(["a", tooLong], address)).toThrow(
        MessageLengthError,
      );
      client.connection.write("b", address);
      await server.receives(1);
      expect(server.received.map(String)).toEqual(["b"]);
    });

    test("a peer's address compares by value and can be answered", async (env) => {
      const [server, client] = [echo(), new RecordingDatagrams()];
      const { port, address } = await open(env, server);
      const { port: clientPort } = await open(env, client);
      client.connection.write("hi", address);
      await client.receives(1);
      expect(server.peers[0]?.equals(clientPort.host)).toBe(true);
      expect(client.peers[0]?.equals(port.host)).toBe(true);
      expect(port.hosts).toEqual([port.host]);
    });

    test("names, other families and bad ports are refused", async (env) => {
      const client = new RecordingDatagrams();
      await open(env, client);
      for (const address of [
        { host: "localhost", port: 7 },
        { host: "::1", port: 7 },
        { host: env.host, port: 0 },
        { host: env.host, port: 65_536 },
      ]) {
        expect(() => client.connection.write("x", address)).toThrow(InvalidAddressError);
      }
      expect(() => client.connection.write("x")).toThrow(InvalidAddressError);
    });

    test("an error in datagramReceived is logged and the port goes on", async (env) => {
      const error = new Error("bad datagram");
      const server = new RecordingDatagrams((_me, data) => {
        if (data.toString() === "bad") throw error;
      });
      const client = new RecordingDatagrams();
      const { address } = await open(env, server);
      await open(env, client);
      client.connection.write("bad", address);
      client.connection.write("good", address);
      await server.receives(2);
      expect(env.logger.errors).toEqual([error]);
    });

    test("a promise of datagramReceived that rejects is logged too", async (env) => {
      const error = new Error("later");
      const server = new RecordingDatagrams(async () => {
        throw error;
      });
      const client = new RecordingDatagrams();
      const { address } = await open(env, server);
      await open(env, client);
      client.connection.write("x", address);
      await server.receives(1);
      await env.passTime(10);
      expect(env.logger.errors).toEqual([error]);
    });

    test("connected to a dead port it hears connectionRefused and stays open", async (env) => {
      const dead = await deadAddress(env);
      const client = new RecordingDatagrams();
      await open(env, client);
      client.connection.connect(dead);
      client.connection.write("anybody?");
      await client.until(() => client.events.includes("connectionRefused"));
      const server = new RecordingDatagrams();
      await env.reactor.listenUDP(dead, server);
      client.connection.write("now?");
      await server.receives(1);
      expect(client.events).not.toContain("stopProtocol");
    });

    test("connected, it sends without an address and refuses one", async (env) => {
      const [server, client] = [echo(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      await open(env, client);
      client.connection.connect(address);
      client.connection.write("hi");
      await client.receives(1);
      expect(() => client.connection.write("x", address)).toThrow(InvalidAddressError);
      expect(() => client.connection.connect(address)).toThrow(Error);
    });

    test("connected, it hears its peer alone", async (env) => {
      const [server, client, stranger] = [
        echo(),
        new RecordingDatagrams(),
        new RecordingDatagrams(),
      ];
      const { address } = await open(env, server);
      const { address: clientAddress } = await open(env, client);
      await open(env, stranger);
      client.connection.connect(address);
      stranger.connection.write("from a stranger", clientAddress);
      await env.passTime(20);
      client.connection.write("hi");
      await client.receives(1);
      expect(client.received.map(String)).toEqual(["hi"]);
    });

    test("a dead peer does not hurt what is sent to another", async (env) => {
      const dead = await deadAddress(env);
      const [server, client] = [new RecordingDatagrams(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      await open(env, client);
      for (let round = 0; round < 5; round++) {
        client.connection.write("lost", dead);
        client.connection.write(`round ${round}`, address);
        await server.receives(round + 1);
      }
      expect(server.received.map(String)).toEqual([0, 1, 2, 3, 4].map((n) => `round ${n}`));
      expect(client.events).toEqual(["startProtocol"]);
    });

    test("writing after stopListening does nothing", async (env) => {
      const [server, client] = [new RecordingDatagrams(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      const { port } = await open(env, client);
      await port.stopListening();
      expect(client.connection.write("x", address)).toBe(false);
      expect(client.connection.writeMany(["x"], address)).toBe(false);
    });

    test("what was written before stopListening is sent", async (env) => {
      const [server, client] = [new RecordingDatagrams(), new RecordingDatagrams()];
      const { address } = await open(env, server);
      const { port } = await open(env, client);
      client.connection.write("last words", address);
      await port.stopListening();
      await server.receives(1);
      expect(server.received.map(String)).toEqual(["last words"]);
    });

    test("a busy port rejects with CannotListenError that names it", async (env) => {
      const { address } = await open(env, new RecordingDatagrams());
      const error = await rejection(env.reactor.listenUDP(address, new RecordingDatagrams()));
      expect(error).toBeInstanceOf(CannotListenError);
      expect(String(error)).toContain(`${address.host}:${address.port}`);
    });

    test("stats count datagrams and bytes of both directions", async (env) => {
      const [server, client] = [echo(), new RecordingDatagrams()];
      const { address, port } = await open(env, server);
      await open(env, client);
      client.connection.writeMany(["abc", "de"], address);
      await client.receives(2);
      expect(port.stats).toMatchObject({ received: 2, bytesReceived: 5, sent: 2, bytesSent: 5 });
    });

    test("stop closes open UDP ports", async (env) => {
      const server = new RecordingDatagrams();
      await open(env, server);
      const run = env.reactor.run();
      await env.reactor.stop();
      await run;
      expect(server.events).toEqual(["startProtocol", "stopProtocol"]);
    });

    test("with perAddress an answer leaves from the address it was asked on", async (env) => {
      const server = echo();
      const port = await env.reactor.listenUDP({ host: "0.0.0.0", perAddress: true }, server);
      const client = new RecordingDatagrams();
      await open(env, client);
      client.connection.connect({ host: env.host, port: portOf(port) });
      client.connection.write("hi");
      await client.receives(1);
      expect(port.hosts.map(({ host }) => host)).toContain(env.host);
    });
  });
}
