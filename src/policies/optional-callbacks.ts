import type { ConnectionCallbacks } from "../reactor/stream-transport.ts";
import type { TLSInfo } from "../reactor/tls.ts";

type OptionalCallback =
  | "readConnectionLost"
  | "writeConnectionLost"
  | "pauseWriting"
  | "resumeWriting"
  | "draining"
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
 * @param inside what an instance passes its calls on to
 */
export function forwardOptionalCallbacks<W extends ConnectionCallbacks>(
  prototype: W,
  inside: (wrapper: W) => ConnectionCallbacks,
): void {
  const forwards: Forwards & ThisType<W> = {
    readConnectionLost() {
      return inside(this).readConnectionLost?.();
    },
    writeConnectionLost() {
      return inside(this).writeConnectionLost?.();
    },
    pauseWriting() {
      return inside(this).pauseWriting?.();
    },
    resumeWriting() {
      return inside(this).resumeWriting?.();
    },
    draining() {
      return inside(this).draining?.();
    },
    handshakeCompleted(info: TLSInfo) {
      return inside(this).handshakeCompleted?.(info);
    },
  };
  for (const name of Object.keys(forwards) as OptionalCallback[]) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: W) {
        return inside(this)[name] === undefined ? undefined : forwards[name];
      },
    });
  }
}
