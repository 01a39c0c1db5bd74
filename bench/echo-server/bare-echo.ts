import type { Socket } from "bun";
import type { EchoServer } from "./echo-server-process.ts";

/** What bare handlers must know of a connection so that no byte of it is lost. */
interface BareConnection {
  /** What the kernel has not taken; reading waits for it. */
  tail: Uint8Array | null;
  /** Whether the peer has finished: our end of stream follows the tail. */
  readEnded: boolean;
}

let open = 0;

/**
 * An echo server as it is written by hand on Bun's sockets, with the backpressure and the closing
 * that a correct one needs: a slow reader gets all its bytes and bounds our memory, and a peer that
 * half-closes gets its answer.
 */
const HANDLERS = {
  open(socket: Socket<BareConnection>): void {
    open++;
    socket.data = { tail: null, readEnded: false };
  },
  data(socket: Socket<BareConnection>, data: Buffer): void {
    const { tail } = socket.data;
    if (tail !== null) {
      // Right before a reset even a paused socket reports what came.
      socket.data.tail = Buffer.concat([tail, data]);
      return;
    }
    const sent = socket.write(data);
    if (sent === data.length) return;
    if (sent < 0) {
      socket.terminate();
      return;
    }
    socket.data.tail = data.subarray(sent);
    socket.pause();
  },
  drain(socket: Socket<BareConnection>): void {
    const { tail, readEnded } = socket.data;
    if (tail === null) return;
    const sent = socket.write(tail);
    if (sent < 0) {
      socket.terminate();
    } else if (sent < tail.length) {
      socket.data.tail = tail.subarray(sent);
    } else {
      socket.data.tail = null;
      if (readEnded) socket.shutdown();
      else socket.resume();
    }
  },
  end(socket: Socket<BareConnection>): void {
    if (socket.data.tail === null) socket.shutdown();
    else socket.data.readEnded = true;
  },
  close(): void {
    open--;
  },
  error(socket: Socket<BareConnection>): void {
    socket.terminate();
  },
};

/** Echo on Bun's own sockets. */
export const BARE_ECHO: EchoServer = {
  async listen() {
    return Bun.listen<BareConnection>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: HANDLERS,
    }).port;
  },
  connections: () => open,
};
