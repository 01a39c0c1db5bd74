import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import {
  joinRaw,
  makeReceiver,
  type ReceiverConfig,
  type ReceiverFixture,
} from "../../protocols/vector-receivers.ts";
import { byteString } from "../notation/byte-string.ts";
import { type Kind, mapped } from "../notation/kind.ts";
import { NotationError } from "../notation/place.ts";
import { choice, flag, wholeNumber } from "../notation/scalars.ts";
import { byKey, fields, listOf, unsaid, verbs, withDefault } from "../notation/shapes.ts";
import { UNSAID } from "../strict-comparison.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** The vectors are to hold for chunks of every size up to this. */
const MAX_CHUNK_BYTES = 40;

const MAX_LENGTH = { maxLength: withDefault(wholeNumber, undefined) };
const RECORD_EXCEEDED = { recordExceeded: withDefault(flag, false) };
const DELIMITER = { delimiter: withDefault(byteString, undefined) };

const LINES = fields({ ...MAX_LENGTH, ...DELIMITER, ...RECORD_EXCEEDED });
const NETSTRINGS = fields(MAX_LENGTH);
const INT_STRINGS = fields({ ...MAX_LENGTH, ...RECORD_EXCEEDED });

const STRING_EVENTS = { string: [byteString] } as const;
const INT_EVENTS = { ...STRING_EVENTS, lengthExceeded: [wholeNumber] } as const;
const LINE_EVENTS = { line: [byteString], exceeded: [byteString] } as const;
const LINE_AND_RAW_EVENTS = {
  ...LINE_EVENTS,
  raw: [byteString],
  body: [byteString],
  cleared: [byteString],
} as const;

type Step = { readonly data: Buffer } | { readonly resume: true };

interface ReceiverInput {
  readonly config: ReceiverConfig;
  readonly steps: readonly Step[];
  readonly rechunk: boolean;
}

/** The receivers of lines and strings: what they are told, and when. */
export const RECEIVER_GROUPS: readonly VectorGroup[] = [
  receiverGroup("lineReceiver", LINES, LINE_AND_RAW_EVENTS),
  receiverGroup("lineOnlyReceiver", LINES, LINE_EVENTS),
  receiverGroup("netstring", NETSTRINGS, STRING_EVENTS),
  receiverGroup("int8", INT_STRINGS, INT_EVENTS),
  receiverGroup("int16", INT_STRINGS, INT_EVENTS),
  receiverGroup("int32", INT_STRINGS, INT_EVENTS),
];

function receiverGroup(
  name: ReceiverFixture,
  config: Kind<ReceiverConfig>,
  events: Readonly<Record<string, readonly [Kind<Buffer | number>]>>,
): VectorGroup {
  return vectorGroup({
    name,
    input: {
      fixture: choice(name),
      config,
      steps: listOf(
        byKey({ data: fields({ data: byteString }), resume: fields({ resume: choice(true) }) }),
      ),
      rechunk: flag,
    },
    expect: fields({
      events: mapped(listOf(verbs(events)), joinRaw),
      disconnecting: unsaid(flag),
      written: withDefault(byteString, Buffer.alloc(0)),
      eventCountAfterStep: unsaid(listOf(wholeNumber)),
    }),
    expected(expect, { basis, steps }) {
      // How Twisted's transports stop differs; ours close.
      const mayStop = basis === "twisted" && inputOf(steps).includes("STOP");
      if (expect.disconnecting === UNSAID && !mayStop) {
        throw new NotationError('expect lacks the key "disconnecting"');
      }
      if (expect.eventCountAfterStep === UNSAID && steps.some((step) => "resume" in step)) {
        throw new NotationError('expect lacks the key "eventCountAfterStep" of a resume');
      }
      return expect;
    },
    observe: (input) => observe(name, input),
  });
}

function* observe(
  name: ReceiverFixture,
  { config, steps, rechunk }: ReceiverInput,
): Generator<Observation> {
  yield { how: "step by step", outcome: outcomeOf(name, config, steps, "each step") };
  if (!rechunk) return;
  if (steps.some((step) => "resume" in step)) {
    throw new NotationError("has a resume step, and so cannot be cut into other chunks");
  }
  const input = inputOf(steps);
  for (let size = 1; size <= MAX_CHUNK_BYTES && size < input.length; size++) {
    const how = `in chunks of ${size} bytes`;
    yield { how, outcome: outcomeOf(name, config, stepsOfSize(input, size), "no step") };
  }
  yield { how: "whole", outcome: outcomeOf(name, config, [{ data: input }], "no step") };
}

function inputOf(steps: readonly Step[]): Buffer {
  return Buffer.concat(steps.flatMap((step) => ("data" in step ? [step.data] : [])));
}

function* stepsOfSize(input: Buffer, size: number): Generator<Step> {
  for (let start = 0; start < input.length; start += size) {
    yield { data: Buffer.from(input.subarray(start, start + size)) };
  }
}

/** @param counted whether the steps are those of the vector, which may say how many events come */
function outcomeOf(
  name: ReceiverFixture,
  config: ReceiverConfig,
  steps: Iterable<Step>,
  counted: "each step" | "no step",
): object {
  const receiver = makeReceiver(name, config);
  const transport = new MemoryTransport();
  receiver.makeConnection(transport);
  const counts: number[] = [];
  for (const step of steps) {
    if ("data" in step) receiver.dataReceived(step.data);
    else receiver.resumeProducing();
    counts.push(receiver.events.length);
  }
  return {
    events: joinRaw(receiver.events),
    disconnecting: transport.disconnecting,
    written: transport.value(),
    eventCountAfterStep: counted === "each step" ? counts : UNSAID,
  };
}
