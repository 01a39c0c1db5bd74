/**
 * The one piece of memory through which values go to the C library and come back.
 *
 * A call fills it, calls, and reads it, all in one go: nothing in this folder waits in between, so
 * one piece for a thread is enough, and no call allocates.
 */
import { type Pointer, ptr } from "bun:ffi";

/** Room for the longest value: `struct tcp_info` is about 250 bytes, an address 110. */
const SCRATCH_BYTES = 512;

/** The memory; an ArrayBuffer of its own, because those never move. */
const buffer = new ArrayBuffer(SCRATCH_BYTES);

export const scratchBytes = new Uint8Array(buffer);
export const scratchView = new DataView(buffer);
/** The same memory as C integers, in the order of this processor. */
export const scratchIntegers = new Int32Array(buffer);

/** The length of the value, which the C library reads and writes: a `socklen_t`. */
export const scratchLength = new Uint32Array(new ArrayBuffer(4));

/** Where `scratchBytes` begins. */
export const scratchAddress: Pointer = ptr(scratchBytes);
/** Where `scratchLength` is. */
export const scratchLengthAddress: Pointer = ptr(scratchLength);
