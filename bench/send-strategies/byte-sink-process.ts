/**
 * A child process that reads connections to their end and then says, over the same connection, what
 * it got. It is written on bare Bun, so that the receiver is the same whatever sends.
 */
import type { Socket } from "bun";
import { offer } from "../child-process.ts";

/** What a connection carried. */
export interface SinkReceipt {
  readonly bytes: number;
  /** SHA-256 of them; null on the port that only counts. */
  readonly hash: string | null;
}

/** What the process offers. */
export interface ByteSinkCalls {
  /** Listens on 127.0.0.1; returns the port. */
  listen(options: { readonly hashes: boolean }): number;
}

/** The script to start. */
export const BYTE_SINK_SCRIPT = import.meta.path;

interface SinkConnection {
  bytes: number;
  readonly hash: Bun.CryptoHasher | null;
}

if (import.meta.main) {
  offer<ByteSinkCalls>({
    listen: ({ hashes }) =>
      Bun.listen<SinkConnection>({
        hostname: "127.0.0.1",
        port: 0,
        allowHalfOpen: true,
        socket: {
          open(socket) {
            socket.data = { bytes: 0, hash: hashes ? new Bun.CryptoHasher("sha256") : null };
          },
          data(socket, data) {
            socket.data.bytes += data.length;
            socket.data.hash?.update(data);
          },
          end: sendReceipt,
          error(socket) {
            socket.terminate();
          },
        },
      }).port,
  });
}

function sendReceipt(socket: Socket<SinkConnection>): void {
  const { bytes, hash } = socket.data;
  const receipt: SinkReceipt = { bytes, hash: hash?.digest("hex") ?? null };
  // Nothing was sent before, so the kernel has room for these few bytes.
  socket.write(JSON.stringify(receipt));
  socket.shutdown();
}
