import { setBacklog } from "../native/socket-descriptor.ts";
import { getSocketOption, setSocketOption } from "../native/socket-options.ts";
import type { Address } from "../reactor/address.ts";
import type { SocketOptionName, SocketOptionValue } from "../reactor/socket-option.ts";
import type { ConnectionAcceptor, OpenListener } from "../transport/listen-target.ts";
import { type BunListener, type BunListenWhere, bunListen, IGNORED } from "./bun-socket.ts";
import { BunStreamDriver } from "./bun-stream-driver.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import type { EndsOf } from "./socket-ends.ts";

/** Listens, and hands what comes in to `acceptor`. Throws as Bun does. */
export function listenFor(
  acceptor: ConnectionAcceptor,
  where: BunListenWhere,
  endsOf: EndsOf,
  reserve: DescriptorReserve,
): BunListener {
  reserve.listens();
  return bunListen(where, (socket) => {
    socket.data = IGNORED;
    if (!reserve.leavesEnough(socket.fd)) {
      acceptor.turnedAway();
      socket.terminate();
      return;
    }
    const ends = endsOf(socket);
    if (ends === null) socket.terminate();
    else acceptor.accepted(new BunStreamDriver(socket, ends.peer, ends.host));
  });
}

/** Sets how many connections may wait to be accepted; where that fails nothing is left open. */
export function setQueueLength(listener: BunListener, backlog: number): void {
  try {
    setBacklog(listener.fd, backlog);
  } catch (error) {
    listener.stop(false);
    throw error;
  }
}

/** One of Bun's listeners. */
export class BunOpenListener<A extends Address> implements OpenListener<A> {
  readonly host: A;
  readonly #listener: BunListener;
  readonly #stop: () => void;

  /** @param stop stops the listener, and removes what it leaves behind */
  constructor(listener: BunListener, host: A, stop: () => void) {
    this.#listener = listener;
    this.host = host;
    this.#stop = stop;
  }

  get fileDescriptor(): number {
    return this.#listener.fd;
  }

  close(): void {
    this.#stop();
  }

  getSocketOption<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    return getSocketOption(this.#listener.fd, name);
  }

  setSocketOption<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    setSocketOption(this.#listener.fd, name, value);
  }
}
