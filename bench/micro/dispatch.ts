/** What it costs to bring bytes to a protocol and its answer back, without sockets. */
import { Protocol } from "pretzel";
import { type ConnectedPair, connectedPair, MemoryTransport } from "pretzel/testing";
import { mustEqual } from "../benchmark.ts";
import { seededBytes } from "../seeded-bytes.ts";
import { microBenchmark, type MicroCase } from "./micro-benchmark.ts";

const MESSAGE_BYTES = [64, 1_024, 16_384] as const;

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

class Counter extends Protocol {
  bytes = 0;

  override dataReceived(data: Buffer): void {
    this.bytes += data.length;
  }
}

/** There and back over two connected transports in memory. */
class PairEcho implements MicroCase {
  readonly parameters: MicroCase["parameters"];
  readonly operations = 1;
  readonly #message: Buffer;
  readonly #counter = new Counter();
  readonly #pair: ConnectedPair = connectedPair(this.#counter, new Echo());
  #runs = 0;

  constructor(message: Buffer) {
    this.#message = message;
    this.parameters = { what: "echo over connectedPair", bytes: message.length };
  }

  run(): void {
    this.#runs++;
    this.#pair.client.write(this.#message);
    this.#pair.flush();
  }

  check(): void {
    mustEqual("Bytes echoed", this.#counter.bytes, this.#runs * this.#message.length);
  }

  [Symbol.dispose](): void {
    this.#pair.client.abortConnection();
    this.#pair.flush();
  }
}

/** The protocol alone, on a transport that only records: what of it is not the transport. */
class DirectEcho implements MicroCase {
  readonly parameters: MicroCase["parameters"];
  readonly operations = 1;
  readonly #message: Buffer;
  readonly #transport = new MemoryTransport();
  readonly #echo = new Echo();
  #echoed = 0;
  #runs = 0;

  constructor(message: Buffer) {
    this.#message = message;
    this.parameters = { what: "echo on MemoryTransport", bytes: message.length };
    this.#echo.makeConnection(this.#transport);
  }

  run(): void {
    this.#runs++;
    this.#echo.dataReceived(this.#message);
    this.#echoed += this.#transport.value().length;
    this.#transport.clear();
  }

  check(): void {
    mustEqual("Bytes echoed", this.#echoed, this.#runs * this.#message.length);
  }

  [Symbol.dispose](): void {
    this.#transport.abortConnection();
  }
}

/** Made, and closed in order by both. */
class ConnectAndClose implements MicroCase {
  readonly parameters = { what: "connect and close", bytes: 0 };
  readonly operations = 1;
  #runs = 0;
  #ended = 0;

  run(): void {
    this.#runs++;
    const pair = connectedPair(new Counter(), new Counter());
    pair.client.loseConnection();
    pair.flush();
    if (!pair.server.write("x")) this.#ended++;
  }

  check(): void {
    mustEqual("Connections ended", this.#ended, this.#runs);
  }

  [Symbol.dispose](): void {}
}

/** Bytes to a protocol and back. */
export const MICRO_DISPATCH = microBenchmark(
  "micro/dispatch",
  "echo between two transports in memory, and making and closing them",
  (_size, seed) => [
    ...MESSAGE_BYTES.flatMap((bytes) => {
      const message = seededBytes(bytes, seed);
      return [new PairEcho(message), new DirectEcho(message)];
    }),
    new ConnectAndClose(),
  ],
);
