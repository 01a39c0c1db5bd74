import { isDeepStrictEqual } from "node:util";
import { ipText } from "../../src/policies/proxy-address-bytes.ts";
import {
  PROXY_TLV_TYPES,
  type ProxyHeader,
  type ProxyTLV,
} from "../../src/policies/proxy-header.ts";
import { InvalidProxyHeader } from "../../src/policies/proxy-header-error.ts";
import { ProxyHeaderParser } from "../../src/policies/proxy-header-parser.ts";
import { encodeProxyV1, V1_MAX_BYTES } from "../../src/policies/proxy-header-v1.ts";
import { encodeProxyV2, V2_FIXED_BYTES } from "../../src/policies/proxy-header-v2.ts";
import { type Address, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { cutRandomly, damaged, oneOf, randomBytes, randomLength } from "./random-bytes.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const LINE_BYTES = Buffer.from("PROXY TCP46 0123456789.:f%\r\n");
const BINARY_BYTES = Buffer.of(0, 0, 0, 1, 2, 3, 4, 12, 0x11, 0x20, 0x21, 0x31, 216, 255);
const PATH_BYTES = Buffer.from("/abc");

/** The longest header there may be, by its first byte. */
const V2_MAX_BYTES = V2_FIXED_BYTES + 65_535;

/** Chunkings of each stream that must all give the same. */
const CHUNKINGS = 3;

type Kind = "tcp" | "udp" | "unix";
type Header = Omit<ProxyHeader, "version">;

/** What a parser makes of a stream, of which `rest` is what is not the header. */
interface Parsed {
  readonly header: ProxyHeader | null;
  readonly error: string | null;
  readonly rest: string | null;
}

function randomEnd(random: SeededRandom, kind: Kind, size: number): Address {
  if (kind === "unix") {
    return new UNIXAddress(randomBytes(random, random.integer(1, 108), PATH_BYTES).toString());
  }
  const host = ipText(randomBytes(random, size, oneOf(random, [ALL_BYTES, BINARY_BYTES])));
  return new InternetAddress(kind, host, random.integer(0, 65_535));
}

function randomHeader(random: SeededRandom, kind: Kind, tlvs: readonly ProxyTLV[]): Header {
  if (random.next() < 0.1) return { source: null, destination: null, tlvs: [] };
  const size = oneOf(random, [4, 16]);
  const [source, destination] = [randomEnd(random, kind, size), randomEnd(random, kind, size)];
  return { source, destination, tlvs };
}

function randomTLVs(random: SeededRandom): ProxyTLV[] {
  return Array.from({ length: random.integer(0, 4) }, () => ({
    type: random.integer(PROXY_TLV_TYPES.noop, 255),
    value: randomBytes(random, randomLength(random, 500), ALL_BYTES),
  }));
}

/** Feeds chunk after chunk, as far as the parser wants them. */
function parse(chunks: readonly Buffer[]): Parsed {
  const parser = new ProxyHeaderParser();
  const maxBytes = chunks[0]?.toString("latin1", 0, 1) === "P" ? V1_MAX_BYTES : V2_MAX_BYTES;
  let header: ProxyHeader | null = null;
  let fedBytes = 0;
  for (const [index, chunk] of chunks.entries()) {
    try {
      header = parser.feed(chunk);
    } catch (error) {
      if (!(error instanceof InvalidProxyHeader)) throw error;
      // Whoever serves it without a header wants all of it.
      const unread = [parser.takeRest(), ...chunks.slice(index + 1)];
      const rest = parser.foreign ? Buffer.concat(unread).toString("hex") : null;
      return { header, error: error.name, rest };
    }
    fedBytes += chunk.length;
    if (header === null && fedBytes >= maxBytes) throw new Error(`${fedBytes} bytes wait`);
  }
  return { header, error: null, rest: header && parser.takeRest().toString("hex") };
}

/** What comes of `bytes`, which must be the same in every chunking. */
function parseEvery(random: SeededRandom, bytes: Buffer): Parsed {
  const whole = parse([Buffer.from(bytes)]);
  for (let chunking = 0; chunking < CHUNKINGS; chunking++) {
    const chunks = cutRandomly(random, bytes);
    const cuts = chunks.map(({ length }) => length).join(" ");
    mustMatch(`${bytes.toString("hex")} in chunks of ${cuts}`, parse(chunks), whole);
  }
  return whole;
}

function mustMatch(what: string, actual: Parsed, expected: Parsed): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what} gave ${Bun.inspect(actual)}, expected ${Bun.inspect(expected)}`);
}

/** Headers are read as they were written, what is behind them stays, and garbage is refused. */
function proxyTarget(
  version: 1 | 2,
  alphabet: Uint8Array,
  make: (random: SeededRandom) => { readonly header: Header; readonly bytes: Buffer },
): FuzzTarget {
  return {
    name: `proxy-header-v${version}`,
    run(random) {
      const { header, bytes } = make(random);
      const behind = randomBytes(random, randomLength(random, 300), alphabet);
      const sent = Buffer.concat([bytes, behind]);
      const expected = {
        header: { version, ...header },
        error: null,
        rest: behind.toString("hex"),
      };
      mustMatch(sent.toString("hex"), parseEvery(random, sent), expected);
      parseEvery(random, damaged(random, sent, alphabet));
      const start = sent.subarray(0, random.integer(0, bytes.length));
      parseEvery(random, Buffer.concat([start, randomBytes(random, 120, alphabet)]));
    },
  };
}

/** The header in front of a proxied connection. */
export const PROXY_TARGETS: readonly FuzzTarget[] = [
  proxyTarget(1, LINE_BYTES, (random) => {
    const header = randomHeader(random, "tcp", []);
    return { header, bytes: encodeProxyV1(header) };
  }),
  proxyTarget(2, BINARY_BYTES, (random) => {
    const kind = oneOf<Kind>(random, ["tcp", "udp", "unix"]);
    const header = randomHeader(random, kind, randomTLVs(random));
    return { header, bytes: encodeProxyV2(header) };
  }),
];
