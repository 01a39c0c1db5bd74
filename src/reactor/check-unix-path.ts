/** `sun_path` of unix(7) less its closing NUL. */
const MAX_PATH_BYTES = 107;

/**
 * Has a path refused that the system cannot take whole. A NUL character begins an abstract name;
 * anywhere else the path would end there, and be another one.
 *
 * @throws {RangeError} when it is empty, too long, or has a NUL character behind its first
 */
export function checkUNIXPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length === 0 || length > MAX_PATH_BYTES) {
    throw new RangeError(`the path has ${length} bytes: 1 to ${MAX_PATH_BYTES} are possible`);
  }
  const end = path.indexOf("\0", 1);
  if (end === -1) return;
  throw new RangeError(
    `the path has a NUL character at position ${end}: only the first can be one`,
  );
}
