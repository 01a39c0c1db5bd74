/** The TLVs at the end of a binary PROXY header, and the checksum among them. */
import { crc32c } from "./proxy-crc32c.ts";
import { PROXY_TLV_TYPES, type ProxyTLV } from "./proxy-header.ts";
import { InvalidProxyHeader } from "./proxy-header-error.ts";

/** A type and a length of two bytes. */
const TLV_HEAD_BYTES = 3;

const CHECKSUM_BYTES = 4;
const MAX_TYPE = 255;
const MAX_VALUE_BYTES = 65_535;

/**
 * Reads the TLVs from `start` to the end of `header`, and checks the checksum if there is one.
 *
 * @throws {InvalidProxyHeader} when one runs past the end, or the checksum does not fit
 */
export function parseTLVs(header: Buffer, start: number): ProxyTLV[] {
  const tlvs: ProxyTLV[] = [];
  let checksumOffset: number | null = null;
  for (let offset = start; offset < header.length;) {
    const valueStart = offset + TLV_HEAD_BYTES;
    const type = header[offset] ?? 0;
    const valueEnd =
      valueStart > header.length ? valueStart : valueStart + header.readUInt16BE(offset + 1);
    if (valueEnd > header.length) {
      throw new InvalidProxyHeader(`TLV of type ${type} runs past the end of the PROXY header`);
    }
    if (type === PROXY_TLV_TYPES.crc32c) {
      if (valueEnd - valueStart !== CHECKSUM_BYTES || checksumOffset !== null) {
        throw new InvalidProxyHeader("PROXY header may have one checksum, of 4 bytes");
      }
      checksumOffset = valueStart;
    }
    tlvs.push({ type, value: header.subarray(valueStart, valueEnd) });
    offset = valueEnd;
  }
  if (checksumOffset !== null) verifyChecksum(header, checksumOffset);
  return tlvs;
}

/**
 * Checks TLVs that are to be sent.
 *
 * @throws {RangeError} when a type or a length does not fit its field, or there are two checksums
 */
export function checkTLVs(tlvs: readonly ProxyTLV[]): void {
  for (const { type, value } of tlvs) {
    if (!Number.isInteger(type) || type < 0 || type > MAX_TYPE) {
      throw new RangeError(`TLV type ${type} is not a whole number from 0 to ${MAX_TYPE}`);
    }
    if (value.length > MAX_VALUE_BYTES) {
      throw new RangeError(`TLV of ${value.length} bytes is too long: 65535 are allowed`);
    }
  }
  if (tlvs.filter(({ type }) => type === PROXY_TLV_TYPES.crc32c).length > 1) {
    throw new RangeError("A PROXY header may have only one checksum");
  }
}

/** The bytes of each TLV; a checksum is left zero, for `fillChecksum`. */
export function encodeTLVs(tlvs: readonly ProxyTLV[]): Buffer[] {
  return tlvs.map(({ type, value }) => {
    const body = type === PROXY_TLV_TYPES.crc32c ? Buffer.alloc(CHECKSUM_BYTES) : value;
    const head = Buffer.alloc(TLV_HEAD_BYTES);
    head[0] = type;
    head.writeUInt16BE(body.length, 1);
    return Buffer.concat([head, body]);
  });
}

/** Writes the checksum where there is a place for it among the TLVs, which begin at `start`. */
export function fillChecksum(header: Buffer, start: number): void {
  for (let offset = start; offset < header.length;) {
    const valueStart = offset + TLV_HEAD_BYTES;
    if (header[offset] === PROXY_TLV_TYPES.crc32c) {
      header.writeUInt32BE(crc32c(header), valueStart);
      return;
    }
    offset = valueStart + header.readUInt16BE(offset + 1);
  }
}

/** It is over the whole header, with zeros in its own place. */
function verifyChecksum(header: Buffer, offset: number): void {
  const copy = Buffer.from(header);
  copy.fill(0, offset, offset + CHECKSUM_BYTES);
  if (crc32c(copy) !== header.readUInt32BE(offset)) {
    throw new InvalidProxyHeader("PROXY header does not fit its checksum");
  }
}
