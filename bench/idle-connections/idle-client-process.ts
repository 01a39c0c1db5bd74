/** A child process that holds many connections open and, when asked, sends one byte on each. */
import type { Socket } from "bun";
import { offer } from "../child-process.ts";

/** What the process offers. */
export interface IdleClientCalls {
  /** Opens `count` connections to a port of this host and leaves them alone. */
  open(port: number, count: number): Promise<void>;
  /** Sends a byte on each; returns on how many it came back, once it has or is gone on all. */
  echoOnEach(): Promise<number>;
  /** Closes all of them. */
  close(): Promise<void>;
}

/** The script to start. */
export const IDLE_CLIENT_SCRIPT = import.meta.path;

/** Below the 512 that a listening socket holds until they are accepted. */
const CONNECTS_AT_ONCE = 100;

/** Any byte will do; it is what comes back that counts. */
const BYTE = 0x50;

interface IdleSocket {
  /** Called with what came, or null when the connection is gone. */
  heard: (data: Buffer | null) => void;
}

const sockets: Socket<IdleSocket>[] = [];

const HANDLERS = {
  data(socket: Socket<IdleSocket>, data: Buffer): void {
    socket.data.heard(data);
  },
  close(socket: Socket<IdleSocket>): void {
    socket.data.heard(null);
  },
  error(socket: Socket<IdleSocket>): void {
    socket.terminate();
  },
};

async function open(port: number, count: number): Promise<void> {
  while (sockets.length < count) {
    const wanted = Math.min(CONNECTS_AT_ONCE, count - sockets.length);
    const opened = await Promise.all(
      Array.from({ length: wanted }, () =>
        Bun.connect<IdleSocket>({
          hostname: "127.0.0.1",
          port,
          allowHalfOpen: true,
          data: { heard() {} },
          socket: HANDLERS,
        }),
      ),
    );
    sockets.push(...opened);
  }
}

async function echoOnEach(): Promise<number> {
  const echoes = sockets.map((socket) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.data.heard = (data) => resolve(data?.length === 1 && data[0] === BYTE);
    if (socket.write(Buffer.of(BYTE)) !== 1) resolve(false);
    return promise;
  });
  return (await Promise.all(echoes)).filter(Boolean).length;
}

async function close(): Promise<void> {
  const closed = sockets.map((socket) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.data.heard = (data) => {
      if (data === null) resolve();
    };
    socket.shutdown();
    return promise;
  });
  await Promise.all(closed);
  sockets.length = 0;
}

if (import.meta.main) offer<IdleClientCalls>({ open, echoOnEach, close });
