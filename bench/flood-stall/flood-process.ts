/** A child process that floods a UDP port of this host with datagrams, for a time. */
import { offer } from "../child-process.ts";

/** What the process offers. */
export interface FloodCalls {
  /** Floods `port` for `durationMs`; returns how many datagrams the system took. */
  flood(port: number, datagramBytes: number, durationMs: number): Promise<number>;
}

/** The script to start. */
export const FLOOD_SCRIPT = import.meta.path;

/** However long it is asked to go on, a flood ends after this. */
const MAX_DURATION_MS = 3_000;

const DATAGRAMS_PER_CALL = 64;

if (import.meta.main) {
  offer<FloodCalls>({
    async flood(port, datagramBytes, durationMs) {
      const socket = await Bun.udpSocket({});
      const datagram = Buffer.alloc(datagramBytes, 0x50);
      const batch = Array.from({ length: DATAGRAMS_PER_CALL }, () => [datagram, port, "127.0.0.1"]);
      const packets = batch.flat();
      const end = performance.now() + Math.min(durationMs, MAX_DURATION_MS);
      let sent = 0;
      while (performance.now() < end) sent += socket.sendMany(packets);
      socket.close();
      return sent;
    },
  });
}
