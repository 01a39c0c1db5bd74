/**
 * Bun's stream sockets as the reactor uses them: the fields that its types lack, and the one static
 * set of handlers that turns its events into ours. Every socket's `data` is whatever listens to it.
 */
import type { StreamEvents } from "../transport/stream-driver.ts";

/** A socket with its undocumented descriptor. */
export type BunSocket = import("bun").Socket<StreamEvents> & { readonly fd: number };

/** A listener with its undocumented descriptor and address. */
export interface BunListener {
  readonly fd: number;
  readonly port?: number;
  readonly hostname?: string;
  stop(closeActiveConnections?: boolean): void;
}

/** Where and how Bun listens; `fd`, `reusePort` and `ipv6Only` are undocumented but work. */
export type BunListenWhere =
  | { hostname: string; port: number; reusePort?: boolean; ipv6Only?: boolean }
  | { unix: string }
  | { fd: number };

export type BunConnectWhere =
  { hostname: string; port: number } | { unix: string } | { fd: number };

/** Somebody who waits for a socket to open. */
export interface SocketOpener extends StreamEvents {
  opened(socket: BunSocket): void;
}

/**
 * The handlers of every socket. What they call has guarded the protocol's callbacks, so whatever
 * still throws here is a fault of ours.
 */
export const HANDLERS = {
  data(socket: BunSocket, data: Buffer): void {
    socket.data.received(data);
  },
  drain(socket: BunSocket): void {
    socket.data.writable();
  },
  end(socket: BunSocket): void {
    socket.data.readEnded();
  },
  close(socket: BunSocket, error?: Error): void {
    socket.data.closed(error);
  },
  error(socket: BunSocket, error: Error): void {
    socket.data.failed(error);
    socket.terminate();
  },
};

/** Listens, and gives each socket to `opened`, which sets its `data`. Throws as Bun does. */
export function bunListen(where: BunListenWhere, opened: (socket: BunSocket) => void): BunListener {
  return Bun.listen({
    ...where,
    allowHalfOpen: true,
    socket: { ...HANDLERS, open: opened },
  } as never) as unknown as BunListener;
}

const CONNECT_HANDLERS = {
  ...HANDLERS,
  open(socket: BunSocket): void {
    (socket.data as SocketOpener).opened(socket);
  },
};

/** Begins to connect; `opener` is the socket's `data` until it puts something else there. */
export async function bunConnect(where: BunConnectWhere, opener: SocketOpener): Promise<void> {
  await Bun.connect({
    ...where,
    allowHalfOpen: true,
    data: opener,
    socket: CONNECT_HANDLERS,
  } as never);
}

/** The `data` of a socket that nobody cares for any more. */
export const IGNORED: StreamEvents = {
  received() {},
  writable() {},
  readEnded() {},
  handshakeCompleted() {},
  closed() {},
  failed() {},
};
