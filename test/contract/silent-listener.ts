import { startConnect } from "../../src/native/precise-socket.ts";
import { closeDescriptor, duplicate, setBacklog } from "../../src/native/socket-descriptor.ts";

/** Connections that fit the queue of a listener that never accepts, and one more to be sure. */
const QUEUE_FILLERS = 2;

/**
 * A TCP port of 127.0.0.1 that never answers a connect: its queue is full and nobody accepts, so
 * the kernel drops every further attempt.
 */
export class SilentListener implements Disposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly #descriptors: number[] = [];

  constructor() {
    const listener = Bun.listen({ hostname: this.host, port: 0, socket: { data() {} } });
    this.port = listener.port;
    // The copy goes on listening when the runtime, which would accept, has stopped.
    const copy = duplicate((listener as unknown as { readonly fd: number }).fd);
    listener.stop();
    setBacklog(copy, 0);
    this.#descriptors.push(copy);
    for (let index = 0; index < QUEUE_FILLERS; index++) {
      const { host, port } = this;
      this.#descriptors.push(startConnect({ family: "IPv4", host, port }).fd);
    }
  }

  [Symbol.dispose](): void {
    for (const fd of this.#descriptors) closeDescriptor(fd);
  }
}
