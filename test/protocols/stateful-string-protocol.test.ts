import { describe, expect, test } from "bun:test";
import { LengthFieldCodec } from "../../src/framing/length-field-codec.ts";
import {
  StatefulStringProtocol,
  type StringStates,
} from "../../src/protocols/stateful-string-protocol.ts";
import type { StringCodec } from "../../src/protocols/string-receiver.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { decodeBytes, type EncodedBytes, vectorsOf } from "../vectors/protocol-vectors.ts";

interface StatefulVector {
  readonly input: EncodedBytes;
  readonly expect: {
    readonly events: readonly (readonly [string, string])[];
    readonly state: string;
    readonly disconnecting: boolean;
  };
}

/** The protocol of the vectors: `quit` ends it, `lost` leads into a state that does not exist. */
class Session extends StatefulStringProtocol<"user"> {
  readonly events: [string, string][] = [];
  override logger = new MemoryLogger();
  override readonly states: StringStates<"user"> = {
    init: (string) => {
      this.events.push(["init", string.toString()]);
      return "user";
    },
    user: (string) => {
      this.events.push(["user", string.toString()]);
      if (string.toString() === "lost") return "nosuch" as "user";
      return string.toString() === "quit" ? "done" : "user";
    },
  };
}

function receive(protocol: StatefulStringProtocol<"user">, input: Buffer): MemoryTransport {
  const transport = new MemoryTransport();
  protocol.makeConnection(transport);
  protocol.dataReceived(input);
  return transport;
}

describe("statefulString vectors", () => {
  for (const vector of vectorsOf<StatefulVector>("statefulString")) {
    test(`${vector.id}: ${vector.note}`, () => {
      const session = new Session();
      const { disconnecting } = receive(session, decodeBytes(vector.input));
      const { events, state } = session;
      expect({ events, state: String(state), disconnecting }).toEqual({
        ...vector.expect,
        events: vector.expect.events.map(([name, string]) => [name, string]),
      });
    });
  }
});

describe("StatefulStringProtocol", () => {
  test("a string in a state without a function is reported, by the name of the state", () => {
    const session = new Session();
    receive(session, Buffer.from("1:a,4:lost,1:x,"));
    expect(session.logger.reports.map(({ message }) => message)).toEqual([
      "Session ignores a string: state nosuch has no function",
    ]);
  });

  test("after the state done nothing is handed out", () => {
    const session = new Session();
    receive(session, Buffer.from("1:a,4:quit,1:b,"));
    session.stringReceived(Buffer.from("c"));
    expect(session.events).toHaveLength(2);
  });

  test("the strings may have another framing", () => {
    class Prefixed extends Session {
      protected override makeCodec(maxLength: number): StringCodec {
        return new LengthFieldCodec({ fieldBytes: 1, maxLength });
      }
    }
    const session = new Prefixed();
    receive(session, Buffer.from("\u0001a\u0001b"));
    expect(session.events).toEqual([
      ["init", "a"],
      ["user", "b"],
    ]);
  });

  test("a state that returns a promise is an error", () => {
    class Waiting extends Session {
      override readonly states = {
        init: async () => "user",
        user: () => "done",
      } as unknown as StringStates<"user">;
    }
    expect(() => receive(new Waiting(), Buffer.from("1:a,"))).toThrow(TypeError);
  });
});
