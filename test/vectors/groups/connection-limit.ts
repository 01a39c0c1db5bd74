import { withLimits } from "../../../src/policies/with-limits.ts";
import { InternetAddress } from "../../../src/reactor/address.ts";
import { Factory } from "../../../src/reactor/factory.ts";
import { Protocol } from "../../../src/reactor/protocol.ts";
import { choice, flag, nullable, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

class Served extends Protocol {}

class Overflowing extends Protocol {}

/** How many connections there may be; `null` is no limit. */
export const CONNECTION_LIMIT: VectorGroup = vectorGroup({
  name: "connectionLimit",
  input: {
    config: fields({ connectionLimit: nullable(wholeNumber), overflowProtocol: flag }),
    connects: wholeNumber,
  },
  expect: listOf(choice("accept", "refuse", "overflow")),
  observe({ config: { connectionLimit, overflowProtocol }, connects }) {
    const factory = withLimits<Protocol, Protocol>(Factory.forProtocol(Served), {
      ...(connectionLimit === null ? {} : { maxConnections: connectionLimit }),
      ...(overflowProtocol ? { overflow: Factory.forProtocol(Overflowing) } : {}),
    });
    return once(
      Array.from({ length: connects }, () => {
        const peer = new InternetAddress("tcp", "192.0.2.1", 1_024);
        if (!factory.admit(peer)) return "refuse";
        const protocol = factory.buildStack(peer)?.protocol;
        return protocol instanceof Overflowing ? "overflow" : "accept";
      }),
    );
  },
});
