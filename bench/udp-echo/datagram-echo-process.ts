/**
 * A child process that echoes datagrams on a UDP port of 127.0.0.1: with the reactor, or on bare
 * Bun, as its first argument says. Only the one that is asked for is loaded.
 */
import { offer } from "../child-process.ts";
import { useOwnCore } from "../own-core.ts";

/**
 * The things compared: bare Bun with a `send` for each answer, bare Bun that gathers its answers
 * for `sendMany`, and a protocol on the reactor.
 */
export const DATAGRAM_ECHO_KINDS = ["send", "sendMany", "pretzel"] as const;

/** One of them. */
export type DatagramEchoKind = (typeof DATAGRAM_ECHO_KINDS)[number];

/** What the process offers. */
export interface DatagramEchoCalls {
  /** Opens the port, and returns it. */
  open(): Promise<number>;
  useOwnCore(core: number): boolean;
  /** Time on a core so far, in the program and in the kernel on its behalf, in microseconds. */
  cpuMicroseconds(): number;
}

/** The script to start, with the kind as its argument. */
export const DATAGRAM_ECHO_SCRIPT = import.meta.path;

async function openPort(kind: string | undefined): Promise<number> {
  if (kind === "pretzel") return (await import("./pretzel-datagram-echo.ts")).openPretzelEcho();
  const { openGatheringEcho, openSendingEcho } = await import("./bare-datagram-echo.ts");
  return kind === "send" ? openSendingEcho() : openGatheringEcho();
}

if (import.meta.main) {
  offer<DatagramEchoCalls>({
    open: () => openPort(process.argv[2]),
    useOwnCore,
    cpuMicroseconds() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  });
}
