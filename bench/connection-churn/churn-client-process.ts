/** A child process that connects, has a byte echoed, and closes, again and again. */
import type { Socket } from "bun";
import { offer } from "../child-process.ts";

/** What the process offers. */
export interface ChurnClientCalls {
  /**
   * Does `cycles` cycles, `atOnce` of them at any time, over `ports` of this host in turn. Several
   * ports are needed because a client has only some 28,000 of its own for each.
   *
   * @returns how many cycles got their byte back and ended in order
   */
  churn(ports: readonly number[], cycles: number, atOnce: number): Promise<number>;
}

/** The script to start. */
export const CHURN_CLIENT_SCRIPT = import.meta.path;

/** Any byte will do. */
const BYTE = Buffer.of(0x50);

interface ChurnSocket {
  echoed: boolean;
  ended: (wasRight: boolean) => void;
}

const HANDLERS = {
  open(socket: Socket<ChurnSocket>): void {
    socket.write(BYTE);
  },
  data(socket: Socket<ChurnSocket>, data: Buffer): void {
    socket.data.echoed = !socket.data.echoed && data.equals(BYTE);
    socket.shutdown();
  },
  close(socket: Socket<ChurnSocket>, error?: Error): void {
    socket.data.ended(socket.data.echoed && error === undefined);
  },
  error(socket: Socket<ChurnSocket>): void {
    socket.terminate();
  },
};

async function cycle(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  await Bun.connect<ChurnSocket>({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    data: { echoed: false, ended: resolve },
    socket: HANDLERS,
  });
  return promise;
}

async function churn(ports: readonly number[], cycles: number, atOnce: number): Promise<number> {
  let begun = 0;
  let right = 0;
  const worker = async () => {
    while (begun < cycles) {
      const port = ports[begun % ports.length] ?? 0;
      begun++;
      if (await cycle(port)) right++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return right;
}

if (import.meta.main) offer<ChurnClientCalls>({ churn });
