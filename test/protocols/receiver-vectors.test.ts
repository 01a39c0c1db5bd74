import { describe, expect, test } from "bun:test";
import { StringTooLongError } from "../../src/framing/framing-error.ts";
import { Int16StringReceiver } from "../../src/protocols/int-string-receiver.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { decodeBytes, type EncodedBytes, vectorsOf } from "../vectors/protocol-vectors.ts";
import {
  joinRaw,
  makeReceiver,
  type ReceiverConfig,
  type ReceiverEvent,
  type VectorReceiver,
} from "./vector-receivers.ts";

type Step = { readonly data: EncodedBytes } | { readonly resume: true };

interface ReceiverVector {
  readonly fixture: string;
  readonly config: ReceiverConfig;
  readonly steps: readonly Step[];
  readonly rechunk: boolean;
  readonly expect: {
    readonly events: readonly (readonly [string, EncodedBytes | number])[];
    readonly disconnecting?: boolean;
    readonly written?: EncodedBytes;
    readonly eventCountAfterStep?: readonly number[];
  };
}

interface SendVector {
  readonly fixture: "int16";
  readonly send: EncodedBytes;
  readonly expect: { readonly error?: string; readonly written: EncodedBytes };
}

/** The vectors are to hold for chunks of every size up to this. */
const MAX_CHUNK_BYTES = 40;

const GROUPS = ["lineReceiver", "lineOnlyReceiver", "netstring", "int8", "int16", "int32"];

function connected(vector: ReceiverVector): [VectorReceiver, MemoryTransport] {
  const receiver = makeReceiver(vector.fixture, vector.config);
  const transport = new MemoryTransport();
  receiver.makeConnection(transport);
  return [receiver, transport];
}

function expectedEvents(vector: ReceiverVector): ReceiverEvent[] {
  return vector.expect.events.map(([name, argument]) => [
    name,
    typeof argument === "number" ? argument : decodeBytes(argument).toString("latin1"),
  ]);
}

function outcome(receiver: VectorReceiver, transport: MemoryTransport): object {
  return {
    events: joinRaw(receiver.events),
    disconnecting: transport.disconnecting,
    written: transport.value().toString("latin1"),
  };
}

function expectedOutcome(vector: ReceiverVector): object {
  const { disconnecting, written = "" } = vector.expect;
  return {
    events: expectedEvents(vector),
    // One vector leaves open how its receiver stops; ours closes.
    disconnecting: disconnecting ?? true,
    written: decodeBytes(written).toString("latin1"),
  };
}

function wholeInput(vector: ReceiverVector): Buffer {
  const data = vector.steps.flatMap((step) => ("data" in step ? [decodeBytes(step.data)] : []));
  return Buffer.concat(data);
}

for (const group of GROUPS) {
  describe(`${group} vectors`, () => {
    const vectors = vectorsOf<ReceiverVector>(group);

    for (const vector of vectors) {
      test(`${vector.id}: ${vector.note ?? "step by step"}`, () => {
        const [receiver, transport] = connected(vector);
        const counts: number[] = [];
        for (const step of vector.steps) {
          if ("data" in step) receiver.dataReceived(decodeBytes(step.data));
          else receiver.resumeProducing();
          counts.push(receiver.events.length);
        }
        expect(outcome(receiver, transport)).toEqual(expectedOutcome(vector));
        expect(counts).toEqual([...(vector.expect.eventCountAfterStep ?? counts)]);
      });
    }

    for (const vector of vectors.filter(({ rechunk }) => rechunk)) {
      test(`${vector.id}, in chunks of 1 to ${MAX_CHUNK_BYTES} bytes and whole`, () => {
        const input = wholeInput(vector);
        const expected = expectedOutcome(vector);
        const sizes = Array.from({ length: MAX_CHUNK_BYTES }, (_, index) => index + 1);
        for (const size of [...sizes, input.length]) {
          const [receiver, transport] = connected(vector);
          for (let start = 0; start < input.length; start += size) {
            receiver.dataReceived(Buffer.from(input.subarray(start, start + size)));
          }
          expect(outcome(receiver, transport)).toEqual(expected);
        }
      });
    }
  });
}

describe("sendString vectors", () => {
  for (const vector of vectorsOf<SendVector>("sendString")) {
    test(vector.id, () => {
      const receiver = new Int16Sender();
      const transport = new MemoryTransport();
      receiver.makeConnection(transport);
      const send = () => receiver.sendString(decodeBytes(vector.send));
      if (vector.expect.error === undefined) expect(send()).toBe(true);
      else expect(send).toThrow(StringTooLongError);
      expect(transport.value().equals(decodeBytes(vector.expect.written))).toBe(true);
    });
  }
});

class Int16Sender extends Int16StringReceiver {
  override stringReceived(): void {
    throw new Error("Nothing is received here");
  }
}
