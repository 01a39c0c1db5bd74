/** The CRC32c checksum (RFC 3720 appendix B.4), which headers of version 2 may carry. */

/** The Castagnoli polynomial, lowest bit first. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = makeTable();

/** The checksum of `bytes`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** What eight zero bits do to a checksum, for each value of its lowest byte. */
function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    return crc;
  });
}
