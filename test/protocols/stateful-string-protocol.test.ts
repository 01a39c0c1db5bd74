import { describe, expect, test } from "bun:test";
import { LengthFieldCodec } from "../../src/framing/length-field-codec.ts";
import type {
  StatefulStringProtocol,
  StringStates,
} from "../../src/protocols/stateful-string-protocol.ts";
import type { StringCodec } from "../../src/protocols/string-receiver.ts";
import { MemoryTransport } from "../../src/testing/memory-transport.ts";
import { VectorSession } from "./vector-session.ts";

function receive(protocol: StatefulStringProtocol<"user">, input: Buffer): MemoryTransport {
  const transport = new MemoryTransport();
  protocol.makeConnection(transport);
  protocol.dataReceived(input);
  return transport;
}

describe("StatefulStringProtocol", () => {
  test("a string in a state without a function is reported, by the name of the state", () => {
    const session = new VectorSession();
    receive(session, Buffer.from("1:a,4:lost,1:x,"));
    expect(session.logger.reports.map(({ message }) => message)).toEqual([
      "VectorSession ignores a string: state nosuch has no function",
    ]);
  });

  test("after the state done nothing is handed out", () => {
    const session = new VectorSession();
    receive(session, Buffer.from("1:a,4:quit,1:b,"));
    session.stringReceived(Buffer.from("c"));
    expect(session.events).toHaveLength(2);
  });

  test("the strings may have another framing", () => {
    class Prefixed extends VectorSession {
      protected override makeCodec(maxLength: number): StringCodec {
        return new LengthFieldCodec({ fieldBytes: 1, maxLength });
      }
    }
    const session = new Prefixed();
    receive(session, Buffer.from("\u0001a\u0001b"));
    expect(session.events).toEqual([
      ["init", Buffer.from("a")],
      ["user", Buffer.from("b")],
    ]);
  });

  test("a state that returns a promise is an error", () => {
    class Waiting extends VectorSession {
      override readonly states = {
        init: async () => "user",
        user: () => "done",
      } as unknown as StringStates<"user">;
    }
    expect(() => receive(new Waiting(), Buffer.from("1:a,"))).toThrow(TypeError);
  });
});
