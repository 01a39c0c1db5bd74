import { describe, expect, test } from "bun:test";
import type { ProxyHeader } from "../../src/policies/proxy-header.ts";
import {
  InvalidNetworkProtocol,
  InvalidProxyHeader,
  MissingAddressData,
} from "../../src/policies/proxy-header-error.ts";
import { ProxyHeaderParser } from "../../src/policies/proxy-header-parser.ts";
import type { Address } from "../../src/reactor/address.ts";
import { chunkings } from "../../src/testing/chunkings.ts";
import { decodeBytes, type EncodedBytes, vectorsOf } from "../vectors/protocol-vectors.ts";

/** An end as the vectors have it. */
interface VectorEnd {
  readonly type: "TCP";
  readonly host: string;
  readonly port: number;
}

type Outcome =
  | { readonly error: string }
  | { readonly incomplete: true }
  | {
      readonly source: VectorEnd | null;
      readonly destination: VectorEnd | null;
      readonly remaining: string;
      readonly tlvs?: readonly [number, string][];
    };

interface HeaderVector {
  readonly input: EncodedBytes;
  readonly expect: Outcome | { readonly oneOf: readonly Outcome[] };
}

const ERRORS = { InvalidProxyHeader, InvalidNetworkProtocol, MissingAddressData };

function endOf(address: Address | null): VectorEnd | null {
  if (address === null) return null;
  if (address.kind !== "tcp") throw new Error(`${address} is not of TCP`);
  return { type: "TCP", host: address.host, port: address.port };
}

/** What the parser makes of it; with TLVs only where the vector says something of them. */
function parse(chunks: readonly Buffer[], withTLVs: boolean): Outcome {
  const parser = new ProxyHeaderParser();
  let header: ProxyHeader | null = null;
  try {
    for (const chunk of chunks) header = parser.feed(chunk);
  } catch (error) {
    const found = Object.entries(ERRORS).find(([, type]) => (error as Error).constructor === type);
    if (found === undefined) throw error;
    return { error: found[0] };
  }
  if (header === null) return { incomplete: true };
  const tlvs = header.tlvs.map(({ type, value }): [number, string] => [
    type,
    Buffer.from(value).toString("latin1"),
  ]);
  return {
    source: endOf(header.source),
    destination: endOf(header.destination),
    remaining: parser.takeRest().toString("latin1"),
    ...(withTLVs ? { tlvs } : {}),
  };
}

describe("ProxyHeaderParser: the vectors of haproxy.header, in every chunking", () => {
  for (const vector of vectorsOf<HeaderVector>("haproxy.header")) {
    test(vector.id, () => {
      const expected = "oneOf" in vector.expect ? vector.expect.oneOf : [vector.expect];
      const withTLVs = expected.some((outcome) => "tlvs" in outcome);
      for (const chunks of chunkings(decodeBytes(vector.input))) {
        expect(expected).toContainEqual(parse(chunks, withTLVs));
      }
    });
  }
});
