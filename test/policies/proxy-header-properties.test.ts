import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ipBytes, ipText } from "../../src/policies/proxy-address-bytes.ts";
import { crc32c } from "../../src/policies/proxy-crc32c.ts";
import {
  PROXY_TLV_TYPES,
  type ProxyHeader,
  type ProxyTLV,
} from "../../src/policies/proxy-header.ts";
import { InvalidProxyHeader } from "../../src/policies/proxy-header-error.ts";
import { ProxyHeaderParser } from "../../src/policies/proxy-header-parser.ts";
import { encodeProxyV1, V1_MAX_BYTES } from "../../src/policies/proxy-header-v1.ts";
import { encodeProxyV2, V2_SIGNATURE } from "../../src/policies/proxy-header-v2.ts";
import { type Address, InternetAddress, UNIXAddress } from "../../src/reactor/address.ts";
import { InvalidAddressError } from "../../src/reactor/invalid-address-error.ts";

const V4_SOURCE = new InternetAddress("tcp", "192.0.2.1", 1024);
const V4_DESTINATION = new InternetAddress("tcp", "198.51.100.2", 443);
const V6_DESTINATION = new InternetAddress("tcp", "2001:db8::2", 443);

const port = fc.integer({ min: 0, max: 65_535 });
const path = fc.stringMatching(/^[a-z/]{1,108}$/).map((text) => new UNIXAddress(text));
const ends: fc.Arbitrary<readonly [Address, Address] | null> = fc.oneof(
  fc.constant(null),
  fc.tuple(path, path),
  internetEnds("tcp", 4),
  internetEnds("tcp", 16),
  internetEnds("udp", 4),
  internetEnds("udp", 16),
);
const tlvs: fc.Arbitrary<ProxyTLV[]> = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }).filter((type) => type !== PROXY_TLV_TYPES.crc32c),
    value: fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
  }),
  { maxLength: 5 },
);

function internetEnds(
  kind: "tcp" | "udp",
  size: 4 | 16,
): fc.Arbitrary<readonly [Address, Address]> {
  const host = fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((bytes) => ipText(Buffer.from(bytes)));
  const address = fc.tuple(host, port).map(([name, at]) => new InternetAddress(kind, name, at));
  return fc.tuple(address, address);
}

/** Cuts where the numbers say, and feeds until there is a header. */
function feedAll(bytes: Buffer, cuts: readonly number[]) {
  const parser = new ProxyHeaderParser();
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  places.sort((one, other) => one - other);
  let header: ProxyHeader | null = null;
  let start = 0;
  for (const place of places) {
    header = parser.feed(bytes.subarray(start, place));
    start = place;
  }
  return { header, rest: header === null ? null : parser.takeRest() };
}

const cuts = fc.array(fc.nat(), { maxLength: 10 });

describe("PROXY headers", () => {
  test("version 2: what is encoded is parsed again, however it is cut, and the rest stays", () => {
    fc.assert(
      fc.property(ends, tlvs, cuts, fc.uint8Array(), (both, extra, places, rest) => {
        const [source, destination] = both ?? [null, null];
        const header = { source, destination, tlvs: both === null ? [] : extra };
        const bytes = Buffer.concat([encodeProxyV2(header), rest]);
        const parsed = feedAll(bytes, places);
        expect(parsed.header).toEqual({ version: 2, ...header });
        expect(parsed.rest).toEqual(Buffer.from(rest));
      }),
    );
  });

  test("version 1: what is encoded is parsed again, however it is cut, in 107 bytes", () => {
    const tcp = fc.oneof(internetEnds("tcp", 4), internetEnds("tcp", 16));
    fc.assert(
      fc.property(tcp, cuts, fc.uint8Array(), ([source, destination], places, rest) => {
        const line = encodeProxyV1({ source, destination, tlvs: [] });
        expect(line.length).toBeLessThanOrEqual(V1_MAX_BYTES);
        const parsed = feedAll(Buffer.concat([line, rest]), places);
        expect(parsed.header).toEqual({ version: 1, source, destination, tlvs: [] });
        expect(parsed.rest).toEqual(Buffer.from(rest));
      }),
    );
  });

  test("garbage gives the named error, or waits within the limit", () => {
    const start = fc.constantFrom("", "PROXY ", "PROXY TCP4 ", V2_SIGNATURE);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), cuts, (prefix, garbage, places) => {
        const bytes = Buffer.concat([Buffer.from(prefix), garbage]);
        try {
          const { header } = feedAll(bytes, places);
          if (header === null) expect(bytes.length).toBeLessThan(16 + 65_535);
          if (header === null && bytes[0] === 0x50) expect(bytes.length).toBeLessThan(V1_MAX_BYTES);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidProxyHeader);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("one flipped bit in the addresses of a header with a checksum is noticed", () => {
    const good = encodeProxyV2({
      source: V4_SOURCE,
      destination: V4_DESTINATION,
      tlvs: [
        { type: PROXY_TLV_TYPES.authority, value: Buffer.from("example.org") },
        { type: PROXY_TLV_TYPES.crc32c, value: Buffer.alloc(0) },
      ],
    });
    const [addressesStart, addressesEnd] = [16, 28];
    for (let bit = addressesStart * 8; bit < addressesEnd * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => new ProxyHeaderParser().feed(bad)).toThrow("does not fit its checksum");
    }
    expect(new ProxyHeaderParser().feed(good)?.source).toEqual(V4_SOURCE);
  });

  test("the checksum of 123456789 is E3069283", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });

  test("an IPv4 address beside an IPv6 address is sent in the mapped form", () => {
    const header = { source: V4_SOURCE, destination: V6_DESTINATION, tlvs: [] };
    const line = "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1024 443\r\n";
    expect(encodeProxyV1(header).toString()).toBe(line);
    const parsed = new ProxyHeaderParser().feed(encodeProxyV2(header));
    expect(`${parsed?.source}`).toBe("tcp [::ffff:192.0.2.1]:1024");
  });

  test("version 1 says UNKNOWN of what is not TCP", () => {
    const unix = { source: new UNIXAddress("/a"), destination: new UNIXAddress("/b"), tlvs: [] };
    expect(encodeProxyV1(unix).toString()).toBe("PROXY UNKNOWN\r\n");
    const nobody = { source: null, destination: null, tlvs: [] };
    expect(encodeProxyV1(nobody).toString()).toBe("PROXY UNKNOWN\r\n");
  });

  test("an IPv6 address keeps its bytes in every way of writing it", () => {
    const same = ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:db8::0.0.0.1", "2001:db8::1%eth0"];
    for (const host of same) expect(ipText(ipBytes(host))).toBe("2001:db8::1");
  });

  test("an abstract UNIX name survives", () => {
    const header = { source: new UNIXAddress("\0a"), destination: new UNIXAddress(""), tlvs: [] };
    const parsed = new ProxyHeaderParser().feed(encodeProxyV2(header));
    expect(parsed).toEqual({ version: 2, ...header });
  });

  test("addresses of different kinds, or only one, are refused", () => {
    for (const destination of [null, new UNIXAddress("/a")]) {
      const header = { source: V4_SOURCE, destination, tlvs: [] };
      expect(() => encodeProxyV1(header)).toThrow(InvalidAddressError);
      expect(() => encodeProxyV2(header)).toThrow(InvalidAddressError);
    }
  });

  test("a path of more than 108 bytes is refused", () => {
    const long = new UNIXAddress("x".repeat(109));
    const header = { source: long, destination: long, tlvs: [] };
    expect(() => encodeProxyV2(header)).toThrow(InvalidAddressError);
  });

  test("TLVs that do not fit are refused", () => {
    const both = { source: V4_SOURCE, destination: V4_DESTINATION };
    const value = Buffer.alloc(65_535);
    expect(() => encodeProxyV2({ ...both, tlvs: [{ type: 5, value }] })).toThrow(RangeError);
    expect(() => encodeProxyV2({ ...both, tlvs: [{ type: 256, value: Buffer.alloc(0) }] })).toThrow(
      RangeError,
    );
    const one = [{ type: 5, value: Buffer.from("a") }];
    expect(() => encodeProxyV1({ ...both, tlvs: one })).toThrow(TypeError);
    const nobody = { source: null, destination: null, tlvs: one };
    expect(() => encodeProxyV2(nobody)).toThrow(TypeError);
  });

  test("a header of the longest length, byte by byte, is parsed", () => {
    const value = Buffer.alloc(65_535 - 12 - 3, "v");
    const header = { source: V4_SOURCE, destination: V4_DESTINATION, tlvs: [{ type: 5, value }] };
    const bytes = encodeProxyV2(header);
    expect(bytes.length).toBe(16 + 65_535);
    const parser = new ProxyHeaderParser();
    let parsed: ProxyHeader | null = null;
    for (const byte of bytes) parsed = parser.feed(Buffer.of(byte));
    expect(parsed).toEqual({ version: 2, ...header });
  });
});
