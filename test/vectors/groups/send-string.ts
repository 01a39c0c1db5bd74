import { StringTooLongError } from "../../../src/framing/framing-error.ts";
import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import { makeStringReceiver, STRING_FIXTURES } from "../../protocols/vector-receivers.ts";
import { byteString } from "../notation/byte-string.ts";
import { choice } from "../notation/scalars.ts";
import { byKey, fields } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** What `sendString` writes, and what it refuses. */
export const SEND_STRING: VectorGroup = vectorGroup({
  name: "sendString",
  input: { fixture: choice(...STRING_FIXTURES), send: byteString },
  expect: byKey({
    ok: fields({ ok: choice(true), written: byteString }),
    error: fields({ error: choice("StringTooLongError"), written: byteString }),
  }),
  observe({ fixture, send }) {
    const receiver = makeStringReceiver(fixture, {});
    const transport = new MemoryTransport();
    receiver.makeConnection(transport);
    try {
      const ok = receiver.sendString(send);
      return once({ ok, written: transport.value() });
    } catch (error) {
      if (!(error instanceof StringTooLongError)) throw error;
      return once({ error: error.name, written: transport.value() });
    }
  },
});
