import { type SizedState, StatefulProtocol } from "../../../src/protocols/stateful-protocol.ts";
import { chunkings } from "../../../src/testing/chunkings.ts";
import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import { VectorSession } from "../../protocols/vector-session.ts";
import { byteString } from "../notation/byte-string.ts";
import { type Kind, mapped } from "../notation/kind.ts";
import { unknownName } from "../notation/place.ts";
import { choice, flag, text, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, record, tuple, verbs } from "../notation/shapes.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** Strings that are understood by what came before, in every chunking. */
export const STATEFUL_STRING: VectorGroup = vectorGroup({
  name: "statefulString",
  input: { input: byteString },
  expect: fields({
    events: listOf(verbs({ init: [byteString], user: [byteString] })),
    state: choice("init", "user", "done", "nosuch"),
    disconnecting: flag,
  }),
  *observe({ input }) {
    for (const chunks of chunkings(input)) {
      const session = new VectorSession();
      const { disconnecting } = fed(session, chunks);
      const { events, state } = session;
      yield { how: howCut(chunks), outcome: { events, state, disconnecting } };
    }
  },
});

/** What a state does, which is to read an integer called n or to emit its bytes; and the next. */
interface StateRule {
  readonly integerBytes: number | null;
  readonly next: string;
  /** How many bytes the next state has; null for n. */
  readonly nextBytes: number | null;
}

const RULE = /^(?:(uint8|uint16be|uint32be) n|emit) -> \[(\w+),(n|\d+)\]$/;

const INTEGER_BYTES: Readonly<Record<string, number>> = { uint8: 1, uint16be: 2, uint32be: 4 };

/** A rule such as `uint16be n -> [body,n]` or `emit -> [header,2]`. */
const stateRule: Kind<StateRule> = mapped(text, (rule, at) => {
  const found = RULE.exec(rule);
  if (found === null) {
    const forms = '"emit -> [STATE,BYTES]" and "uint16be n -> [STATE,n]"';
    throw at.error(`is ${JSON.stringify(rule)}: known are ${forms}, also with uint8 and uint32be`);
  }
  const [, integer, next = "", bytes = ""] = found;
  at.use(`${at.word} ${integer ?? "emit"}`);
  at.use(`${at.word} next ${bytes === "n" ? "n" : "BYTES"}`);
  const integerBytes = integer === undefined ? null : (INTEGER_BYTES[integer] ?? null);
  return { integerBytes, next, nextBytes: bytes === "n" ? null : Number(bytes) };
});

type States = ReadonlyMap<string, StateRule>;

type Initial = readonly [state: string, bytes: number];

/** Goes through the states that a vector describes. */
class Described extends StatefulProtocol {
  readonly events: [string, Buffer][] = [];
  readonly #initial: Initial;
  readonly #states: States;
  #integer = 0;

  constructor(initial: Initial, states: States) {
    super();
    this.#initial = initial;
    this.#states = states;
  }

  override getInitialState(): SizedState {
    return this.#stateOf(...this.#initial);
  }

  #stateOf(name: string, bytes: number): SizedState {
    const rule = this.#states.get(name);
    if (rule === undefined) throw unknownName("state", name, this.#states.keys());
    return [(data) => this.#received(name, rule, data), bytes];
  }

  #received(name: string, { integerBytes, next, nextBytes }: StateRule, data: Buffer): SizedState {
    if (integerBytes === null) this.events.push([name, data]);
    else this.#integer = data.readUIntBE(0, integerBytes);
    return this.#stateOf(next, nextBytes ?? this.#integer);
  }
}

/** Parts that each say how long the next is, as cut and in every chunking. */
export const STATEFUL_PROTOCOL: VectorGroup = vectorGroup({
  name: "statefulProtocol",
  input: {
    states: stateTable(),
    chunks: listOf(byteString),
  },
  expect: fields({ events: listOf(tuple(text, byteString)) }),
  *observe({ states: { initial, rules }, chunks }): Generator<Observation> {
    for (const chunking of [chunks, ...chunkings(Buffer.concat(chunks))]) {
      const protocol = new Described(initial, rules);
      fed(protocol, chunking);
      yield { how: howCut(chunking), outcome: { events: protocol.events } };
    }
  },
});

/** `initial` says which state is the first and how many bytes it has; the others have rules. */
function stateTable(): Kind<{ readonly initial: Initial; readonly rules: States }> {
  const initialOf = fields({ initial: tuple(text, wholeNumber) });
  const rulesOf = record(stateRule);
  return {
    name: "an object of initial and states",
    words: (word) => [
      ...initialOf.words(word),
      ...["uint8", "uint16be", "uint32be", "emit", "next n", "next BYTES"].map((form) => {
        return `${word} ${form}`;
      }),
    ],
    read(json, at) {
      const { initial, ...rules } = { ...(json as Readonly<Record<string, unknown>>) };
      const given = initial === undefined ? {} : { initial };
      return { ...initialOf.read(given, at), rules: rulesOf.read(rules, at) };
    },
  };
}

function fed(
  protocol: StatefulProtocol | VectorSession,
  chunks: Iterable<Buffer>,
): MemoryTransport {
  const transport = new MemoryTransport();
  protocol.makeConnection(transport);
  for (const chunk of chunks) protocol.dataReceived(chunk);
  return transport;
}

function howCut(chunks: readonly Buffer[]): string {
  return `in chunks of ${chunks.map(({ length }) => length).join(", ")} bytes`;
}
