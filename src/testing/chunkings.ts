import { SeededRandom } from "./seeded-random.ts";

/** How many ways of cutting `chunkings` tries. */
export interface ChunkingOptions {
  /** Of the random ways; 1 unless told. The same seed cuts the same way. */
  readonly seed?: number;
  /** How many random ways; 20 unless told. */
  readonly randomWays?: number;
  /** How many cuts in two at most; 256 unless told. Of a longer input both ends are cut densest. */
  readonly maxSplits?: number;
  /** Fixed chunk sizes from 2 up to this; 40 unless told. */
  readonly maxFixedSize?: number;
}

/**
 * Every way in which a network may cut `bytes`, as far as one can try them all: whole, byte by
 * byte, in two at every place, in chunks of each small size, and at random. A protocol must do the
 * same in each. No chunk is empty, and each is a copy of its own.
 *
 * ```ts
 * for (const chunks of chunkings(bytes)) {
 *   const receiver = new Receiver();
 *   for (const chunk of chunks) receiver.dataReceived(chunk);
 *   expect(receiver.lines).toEqual(["one", "two"]);
 * }
 * ```
 *
 * The number of ways is bounded, so the cost is in proportion to the length of `bytes`; meant for
 * inputs of up to some 100 KiB.
 */
export function* chunkings(
  bytes: Uint8Array | string,
  options: ChunkingOptions = {},
): Generator<Buffer[]> {
  const { seed = 1, randomWays = 20, maxSplits = 256, maxFixedSize = 40 } = options;
  const data = Buffer.from(bytes as Uint8Array);
  const { length } = data;
  if (length === 0) return yield [];
  yield cut(data, []);
  if (length === 1) return;
  yield fixedSize(data, 1);
  for (const place of splitPlaces(length, maxSplits)) yield cut(data, [place]);
  for (let size = 2; size <= maxFixedSize && size < length; size++) yield fixedSize(data, size);
  const random = new SeededRandom(seed);
  for (let way = 0; way < randomWays; way++) yield cut(data, randomPlaces(length, random));
}

/** The chunks of `data` between the places, which ascend. */
function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const place of [...places, data.length]) {
    chunks.push(Buffer.from(data.subarray(start, place)));
    start = place;
  }
  return chunks;
}

function fixedSize(data: Buffer, size: number): Buffer[] {
  const places: number[] = [];
  for (let place = size; place < data.length; place += size) places.push(place);
  return cut(data, places);
}

/** All inner places; or a quarter of `max` at each end, and the rest evenly between. */
function* splitPlaces(length: number, max: number): Generator<number> {
  const inner = length - 1;
  if (inner <= max) {
    for (let place = 1; place <= inner; place++) yield place;
    return;
  }
  const edge = Math.floor(max / 4);
  const between = max - 2 * edge;
  for (let place = 1; place <= edge; place++) yield place;
  const step = (inner - 2 * edge) / between;
  for (let index = 0; index < between; index++) yield edge + 1 + Math.floor(index * step);
  for (let place = length - edge; place <= inner; place++) yield place;
}

/** Between one chunk and as many as bytes, most often a few. */
function randomPlaces(length: number, random: SeededRandom): number[] {
  const meanChunk = Math.ceil(length ** random.next());
  const places: number[] = [];
  for (let place = 0; ;) {
    place += random.integer(1, 2 * meanChunk);
    if (place >= length) return places;
    places.push(place);
  }
}
