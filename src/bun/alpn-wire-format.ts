/** One byte holds the length of a name (RFC 7301 section 3.1). */
const MAX_NAME_BYTES = 255;

/**
 * Protocol names as ALPN sends them: each after its length. Bun takes no other form, and negotiates
 * nothing, silently, when it gets the names themselves.
 *
 * @throws {RangeError} for a name of 0 or more than 255 bytes
 */
export function alpnWireFormat(protocols: readonly string[]): Buffer {
  return Buffer.concat(
    protocols.flatMap((protocol) => {
      const name = Buffer.from(protocol);
      if (name.length === 0 || name.length > MAX_NAME_BYTES) {
        throw new RangeError(
          `ALPN name ${JSON.stringify(protocol)} has ${name.length} bytes: 1 to 255 are possible`,
        );
      }
      return [Buffer.from([name.length]), name];
    }),
  );
}
