import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";

const OPTIONAL_CALLBACKS = [
  "readConnectionLost",
  "writeConnectionLost",
  "pauseWriting",
  "resumeWriting",
  "draining",
] as const;

/** The callbacks that a protocol may lack, and that mean something to a connection. */
export type OptionalCallback = (typeof OPTIONAL_CALLBACKS)[number];

/**
 * Gives the instances of a class those optional callbacks that what is inside of them has at the
 * moment. They are looked up each time, so that they are right when there is another protocol
 * inside, however many wrappers are around it; and they are shared, so that a connection costs
 * nothing for them.
 *
 * @param has whether what is inside of an instance has one of them
 * @param passOn calls that of what is inside, and returns what it returns
 */
export function forwardOptionalCallbacks<W extends ConnectionCallbacks>(
  prototype: W,
  has: (wrapper: W, name: OptionalCallback) => boolean,
  passOn: (wrapper: W, name: OptionalCallback) => unknown,
): void {
  for (const name of OPTIONAL_CALLBACKS) {
    const forward = function (this: W): void {
      return passOn(this, name) as void;
    };
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: W) {
        return has(this, name) ? forward : undefined;
      },
    });
  }
}
