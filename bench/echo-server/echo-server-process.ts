/**
 * A child process that echoes on TCP ports of 127.0.0.1: with the reactor, or on bare Bun, as its
 * first argument says. Only the one that is asked for is loaded.
 */
import { offer } from "../child-process.ts";

/** The two things compared. */
export const ECHO_KINDS = ["bare", "pretzel"] as const;

/** One of the two. */
export type EchoKind = (typeof ECHO_KINDS)[number];

/** One way to write an echo server. */
export interface EchoServer {
  /** Listens on one more port, and returns it. */
  readonly listen: () => Promise<number>;
  /** How many connections are open. */
  readonly connections: () => number;
}

/** What the process offers. */
export interface EchoServerCalls {
  listen(): Promise<number>;
  connections(): number;
  /** Resident memory after a full collection of garbage, in bytes. */
  residentBytes(): number;
  /** Time on a core so far, in the program and in the kernel on its behalf, in microseconds. */
  cpuMicroseconds(): number;
}

/** The script to start, with the kind as its argument. */
export const ECHO_SERVER_SCRIPT = import.meta.path;

if (import.meta.main) {
  const server: EchoServer =
    process.argv[2] === "bare"
      ? (await import("./bare-echo.ts")).BARE_ECHO
      : (await import("./pretzel-echo.ts")).PRETZEL_ECHO;
  offer<EchoServerCalls>({
    ...server,
    residentBytes() {
      // The second collection frees what the finalizers of the first one let go.
      Bun.gc(true);
      Bun.gc(true);
      return process.memoryUsage.rss();
    },
    cpuMicroseconds() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  });
}
