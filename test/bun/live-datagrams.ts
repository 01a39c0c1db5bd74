import { BunReactor } from "../../src/bun/bun-reactor.ts";
import type { DatagramPort } from "../../src/reactor/listening-port.ts";
import type { ListenUDPOptions } from "../../src/reactor/reactor.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { RecordingDatagrams } from "./recording-datagrams.ts";

/** A UDP port with a recording protocol, on a reactor of its own. */
export interface LiveDatagrams extends AsyncDisposable {
  readonly port: DatagramPort;
  readonly protocol: RecordingDatagrams;
  readonly reactor: BunReactor;
  readonly logger: MemoryLogger;
}

/** Opens a UDP port; it is closed at the end of its block. */
export async function openDatagrams(
  protocol: RecordingDatagrams = new RecordingDatagrams(),
  options: ListenUDPOptions = {},
): Promise<LiveDatagrams> {
  const logger = new MemoryLogger();
  const reactor = new BunReactor({ logger });
  const port = await reactor.listenUDP(options, protocol);
  const dispose = () => port.stopListening();
  return { port, protocol, reactor, logger, [Symbol.asyncDispose]: dispose };
}

/** A UDP port of 127.0.0.1 where nobody listens any more. */
export async function deadDatagramPort(): Promise<number> {
  await using once = await openDatagrams();
  return once.port.host.port;
}
