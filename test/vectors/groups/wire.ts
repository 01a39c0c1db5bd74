import { Chargen } from "../../../src/protocols/chargen.ts";
import { Daytime } from "../../../src/protocols/daytime.ts";
import { Discard } from "../../../src/protocols/discard.ts";
import { Echo } from "../../../src/protocols/echo.ts";
import { Quote } from "../../../src/protocols/quote.ts";
import { Time } from "../../../src/protocols/time.ts";
import type { Protocol } from "../../../src/reactor/protocol.ts";
import { chunkings } from "../../../src/testing/chunkings.ts";
import { MemoryTransport } from "../../../src/testing/memory-transport.ts";
import { byteString } from "../notation/byte-string.ts";
import { number, wholeNumber } from "../notation/scalars.ts";
import { listOf } from "../notation/shapes.ts";
import { type Observation, once, type VectorGroup, vectorGroup } from "../vector-group.ts";

const LINE_BYTES = 74;

/** What the small services send. */
export const WIRE_GROUPS: readonly VectorGroup[] = [
  timeGroup("wire.time", (unixMs) => new Time(() => unixMs)),
  timeGroup("wire.daytime", (unixMs) => new Daytime(() => unixMs)),
  vectorGroup({
    name: "wire.chargen",
    input: { line: wholeNumber },
    expect: byteString,
    observe: ({ line }) => once(chargenLine(line)),
  }),
  vectorGroup({
    name: "wire.qotd",
    input: {},
    expect: byteString,
    observe: () => once(sentBeforeEnd(new Quote())),
  }),
  answerGroup("wire.echo", () => new Echo()),
  answerGroup("wire.discard", () => new Discard()),
];

/** A service that tells the time. */
function timeGroup(name: string, make: (unixMs: number) => Protocol): VectorGroup {
  return vectorGroup({
    name,
    input: { unixSeconds: number },
    expect: byteString,
    observe: ({ unixSeconds }) => once(sentBeforeEnd(make(unixSeconds * 1_000))),
  });
}

/** A service that takes whatever comes, as it was cut and in every chunking. */
function answerGroup(name: string, make: () => Protocol): VectorGroup {
  return vectorGroup({
    name,
    input: { chunks: listOf(byteString) },
    expect: byteString,
    *observe({ chunks }): Generator<Observation> {
      for (const chunking of [chunks, ...chunkings(Buffer.concat(chunks))]) {
        const transport = new MemoryTransport();
        const protocol = make();
        protocol.makeConnection(transport);
        for (const chunk of chunking) protocol.dataReceived(chunk);
        if (transport.disconnecting) throw new Error("The service closed the connection");
        const lengths = chunking.map(({ length }) => length).join(", ");
        yield { how: `in chunks of ${lengths} bytes`, outcome: transport.value() };
      }
    },
  });
}

/** What a service sends that closes then. */
function sentBeforeEnd(protocol: Protocol): Buffer {
  const transport = new MemoryTransport();
  protocol.makeConnection(transport);
  if (!transport.disconnecting) throw new Error("The service did not close the connection");
  return transport.value();
}

/** A line of the pattern, counted from 0. Each time it is asked, the service sends some lines. */
function chargenLine(line: number): Buffer {
  const transport = new MemoryTransport();
  new Chargen().makeConnection(transport);
  const start = line * LINE_BYTES;
  const end = start + LINE_BYTES;
  for (let asked = 0; asked <= line && transport.stats.bytesSent < end; asked++) {
    transport.producer?.resumeProducing();
  }
  return transport.value().subarray(start, end);
}
