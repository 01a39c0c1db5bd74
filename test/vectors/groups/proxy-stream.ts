import { withProxyProtocol } from "../../../src/policies/with-proxy-protocol.ts";
import type { Address } from "../../../src/reactor/address.ts";
import { Factory } from "../../../src/reactor/factory.ts";
import { chunkings } from "../../../src/testing/chunkings.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { RecordingProtocol } from "../../transport/recording-protocol.ts";
import { scripted } from "../../transport/scripted-driver.ts";
import { byteString } from "../notation/byte-string.ts";
import { mapped } from "../notation/kind.ts";
import { flag, nullable, text } from "../notation/scalars.ts";
import { fields, listOf, unsaid } from "../notation/shapes.ts";
import { UNSAID } from "../strict-comparison.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";
import { addressOf, endOf, proxyEnd, type VectorEnd } from "./proxy-ends.ts";

const expectation = mapped(
  fields({
    peer: unsaid(proxyEnd),
    host: unsaid(proxyEnd),
    data: unsaid(byteString),
    disconnecting: unsaid(flag),
    connectionMadePeer: unsaid(nullable(text)),
  }),
  (expected, at) => {
    if (expected.connectionMadePeer !== UNSAID) return expected;
    const open = Object.entries(expected).filter(([, value]) => value === UNSAID);
    if (open.length === 1) return expected;
    const keys = open.map(([key]) => key).join(", ");
    throw at.error(`lacks ${keys}: one of them is needed alone, or all but connectionMadePeer`);
  },
);

/** A connection behind a PROXY header, as cut and in every chunking. */
export const PROXY_STREAM: VectorGroup = vectorGroup({
  name: "haproxy.stream",
  input: {
    chunks: listOf(byteString),
    connection: fields({ peer: proxyEnd, host: proxyEnd }),
  },
  expect: expectation,
  *observe({ chunks, connection }): Generator<Observation> {
    for (const chunking of [chunks, ...chunkings(Buffer.concat(chunks))]) {
      const how = `in chunks of ${chunking.map(({ length }) => length).join(", ")} bytes`;
      yield { how, outcome: outcomeOf(chunking, connection) };
    }
  },
});

interface Ends {
  readonly peer: VectorEnd;
  readonly host: VectorEnd;
}

/** What the protocol behind the header was told, and what it sees at the end. */
function outcomeOf(chunks: readonly Buffer[], { peer, host }: Ends): object {
  let connectionMadePeer: string | null = null;
  const inner = new RecordingProtocol({
    connectionMade: (me) => {
      connectionMadePeer = nameOf(me.connection.getPeer());
    },
  });
  const policy = { clock: new ManualClock() };
  const stack = withProxyProtocol(new Factory(() => inner), policy).buildStack(addressOf(peer));
  if (stack === null) throw new Error("The policy refused the connection");
  const made = scripted(stack.protocol, {}, (driver) => {
    Object.assign(driver, { peer: addressOf(peer), host: addressOf(host) });
  });
  for (const chunk of chunks) {
    made.driver.events.received(Buffer.from(chunk));
    made.settle();
  }
  const { connection } = inner.events.includes("connectionMade") ? inner : made;
  return {
    peer: endOf(connection.getPeer()),
    host: endOf(connection.getHost()),
    data: inner.received,
    disconnecting: made.connection.disconnecting,
    connectionMadePeer,
  };
}

/** What an address is called where nothing but its name is said. */
function nameOf(address: Address): string {
  return address.kind === "unix" ? address.path : address.host;
}
