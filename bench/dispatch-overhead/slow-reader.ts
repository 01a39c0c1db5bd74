import { seededBytes } from "../seeded-bytes.ts";

/** Reading begins once the server could take no more for so long. */
const STALLED_MS = 100;

/** What a slow reader got back. */
export interface SlowReaderResult {
  readonly returnedBytes: number;
  readonly sentHash: string;
  readonly returnedHash: string;
  /** The most that was under way: what the kernel and the server held. */
  readonly heldBytes: number;
}

/**
 * Sends `bytes` to an echo server and its end of stream after them, without reading until nothing
 * more is taken; then reads until the server ends. A server without backpressure takes all, one
 * without a queue loses some, one that ends when its peer does loses the rest.
 */
export async function readSlowly(
  port: number,
  bytes: number,
  seed: number,
): Promise<SlowReaderResult> {
  const message = seededBytes(bytes, seed);
  const returned = new Bun.CryptoHasher("sha256");
  const ended = Promise.withResolvers<void>();
  let sent = 0;
  let returnedBytes = 0;
  let heldBytes = 0;
  let stalled: Timer | undefined;
  const flush = (socket: Bun.Socket) => {
    if (sent < bytes) sent += Math.max(0, socket.write(message, sent, bytes - sent));
    heldBytes = Math.max(heldBytes, sent - returnedBytes);
    if (sent === bytes) socket.shutdown();
    clearTimeout(stalled);
    stalled = setTimeout(() => socket.resume(), STALLED_MS);
  };
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.pause();
        flush(socket);
      },
      drain(socket) {
        if (sent < bytes) flush(socket);
      },
      data(_socket, data) {
        returnedBytes += data.length;
        returned.update(data);
      },
      close: (_socket, error) => (error === undefined ? ended.resolve() : ended.reject(error)),
      error: (_socket, error) => ended.reject(error),
    },
  });
  await ended.promise;
  clearTimeout(stalled);
  const sentHash = new Bun.CryptoHasher("sha256").update(message).digest("hex");
  return { returnedBytes, sentHash, returnedHash: returned.digest("hex"), heldBytes };
}
