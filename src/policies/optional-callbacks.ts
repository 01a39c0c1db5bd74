import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";

/** The callbacks that a protocol may lack. */
export type OptionalCallback =
  | "readConnectionLost"
  | "writeConnectionLost"
  | "pauseWriting"
  | "resumeWriting"
  | "draining"
  | "tlsStarted"
  | "handshakeCompleted";

type Forwards = {
  readonly [Name in OptionalCallback]: Required<ConnectionCallbacks>[Name];
};

/**
 * Gives the instances of a class those optional callbacks that what is inside of them has at the
 * moment, and passes the calls on to it. They are looked up each time, so that they are right when
 * there is another protocol inside, however many wrappers are around it; and they are shared, so
 * that a connection costs nothing for them.
 *
 * @param has whether what is inside of an instance has one of them
 * @param inside what an instance passes a call on to; asked right before it does
 */
export function forwardOptionalCallbacks<W extends ConnectionCallbacks>(
  prototype: W,
  has: (wrapper: W, name: OptionalCallback) => boolean,
  inside: (wrapper: W, name: OptionalCallback) => ConnectionCallbacks,
): void {
  const forwards: Forwards & ThisType<W> = {
    readConnectionLost() {
      return inside(this, "readConnectionLost").readConnectionLost?.();
    },
    writeConnectionLost() {
      return inside(this, "writeConnectionLost").writeConnectionLost?.();
    },
    pauseWriting() {
      return inside(this, "pauseWriting").pauseWriting?.();
    },
    resumeWriting() {
      return inside(this, "resumeWriting").resumeWriting?.();
    },
    draining() {
      return inside(this, "draining").draining?.();
    },
    tlsStarted() {
      return inside(this, "tlsStarted").tlsStarted?.();
    },
    handshakeCompleted(info: TLSInfo) {
      return inside(this, "handshakeCompleted").handshakeCompleted?.(info);
    },
  };
  for (const name of Object.keys(forwards) as OptionalCallback[]) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: W) {
        return has(this, name) ? forwards[name] : undefined;
      },
    });
  }
}
