/**
 * The bytes of something that a protocol wrote: itself, or the UTF-8 form of a string.
 *
 * @throws {TypeError} when it is neither, or a string with a lone surrogate, which has no UTF-8
 * form and would silently become another character
 */
export function outgoingBytes(data: Uint8Array | string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== "string") {
    throw new TypeError(`Cannot write ${describe(data)}: a Uint8Array or a string is needed`);
  }
  if (!data.isWellFormed()) {
    throw new TypeError(
      `Cannot write a string with a lone surrogate at index ${loneSurrogateIndex(data)}`,
    );
  }
  return Buffer.from(data);
}

function describe(data: unknown): string {
  return Object.prototype.toString.call(data).slice("[object ".length, -1).toLowerCase();
}

function loneSurrogateIndex(text: string): number {
  let index = 0;
  for (const character of text) {
    if (!character.isWellFormed()) return index;
    index += character.length;
  }
  return index;
}
