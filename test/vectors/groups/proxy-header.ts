import type { ProxyHeader } from "../../../src/policies/proxy-header.ts";
import {
  InvalidNetworkProtocol,
  InvalidProxyHeader,
  MissingAddressData,
} from "../../../src/policies/proxy-header-error.ts";
import { ProxyHeaderParser } from "../../../src/policies/proxy-header-parser.ts";
import { chunkings } from "../../../src/testing/chunkings.ts";
import { byteString } from "../notation/byte-string.ts";
import { mapped } from "../notation/kind.ts";
import { NotationError } from "../notation/place.ts";
import { choice, nullable, wholeNumber } from "../notation/scalars.ts";
import { byKey, fields, listOf, named, tuple, unsaid } from "../notation/shapes.ts";
import { OneOf, UNSAID } from "../strict-comparison.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";
import { endOf, proxyEnd } from "./proxy-ends.ts";

const OUTCOMES = {
  error: fields({
    error: choice("InvalidProxyHeader", "InvalidNetworkProtocol", "MissingAddressData"),
  }),
  incomplete: fields({ incomplete: choice(true) }),
  source: fields({
    source: nullable(proxyEnd),
    destination: nullable(proxyEnd),
    remaining: byteString,
    tlvs: unsaid(listOf(tuple(wholeNumber, byteString))),
  }),
};

const outcome = named("outcome", byKey(OUTCOMES));

const alternatives = mapped(listOf(outcome), (all, at) => {
  if (all.length > 0) return new OneOf(all);
  throw at.error("is empty: an outcome is needed");
});

/** One PROXY header, in every chunking. */
export const PROXY_HEADER: VectorGroup = vectorGroup({
  name: "haproxy.header",
  input: { input: byteString },
  expect: byKey({
    oneOf: mapped(fields({ oneOf: alternatives }), ({ oneOf }) => oneOf),
    error: outcome,
    incomplete: outcome,
    source: outcome,
  }),
  expected(expect, { basis }) {
    // Twisted passes over TLVs; what goes beyond it is about them.
    if (basis === "beyond" && "tlvs" in expect && expect.tlvs === UNSAID) {
      throw new NotationError('expect lacks the key "tlvs" of what goes beyond Twisted');
    }
    return expect;
  },
  *observe({ input }): Generator<Observation> {
    for (const chunks of chunkings(input)) {
      const how = `in chunks of ${chunks.map(({ length }) => length).join(", ")} bytes`;
      yield { how, outcome: outcomeOf(chunks) };
    }
  },
});

function outcomeOf(chunks: readonly Buffer[]): object {
  const parser = new ProxyHeaderParser();
  let header: ProxyHeader | null = null;
  try {
    for (const chunk of chunks) header = parser.feed(chunk);
  } catch (error) {
    return { error: errorNameOf(error) };
  }
  if (header === null) return { incomplete: true };
  const { source, destination, tlvs } = header;
  return {
    source: source && endOf(source),
    destination: destination && endOf(destination),
    remaining: parser.takeRest(),
    tlvs: tlvs.map(({ type, value }) => [type, Buffer.from(value)]),
  };
}

/** By the class itself, so that one cannot pass for another by its name. */
function errorNameOf(error: unknown): string {
  const classes = { InvalidProxyHeader, InvalidNetworkProtocol, MissingAddressData };
  for (const [name, type] of Object.entries(classes)) {
    if ((error as Error).constructor === type) return name;
  }
  throw error;
}
