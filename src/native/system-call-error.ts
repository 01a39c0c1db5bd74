/** The system calls that can be the one that failed. */
export type SystemCall =
  | "socket"
  | "bind"
  | "connect"
  | "listen"
  | "fcntl"
  | "close"
  | "setsockopt"
  | "getsockopt"
  | "getsockname"
  | "getpeername";

/** What each system call was to do, in words, to be followed by what it was called for. */
const ACTIONS: Readonly<Record<SystemCall, string>> = {
  socket: "open a socket for",
  bind: "bind a socket to",
  connect: "connect to",
  listen: "listen on",
  fcntl: "duplicate",
  close: "close",
  setsockopt: "set an option of a socket for",
  getsockopt: "read an option of",
  getsockname: "read the local address of",
  getpeername: "read the peer's address of",
};

/** A system call on a socket failed; `phase` says which one and `code` why. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  /** The system call that failed. */
  readonly phase: SystemCall;
  /** The system's own name for the failure, such as `ENETUNREACH`. */
  readonly code: string;

  /** @param subject what it was called for, such as an address or a descriptor */
  constructor(phase: SystemCall, code: string, subject: string) {
    super(`Cannot ${ACTIONS[phase]} ${subject}: ${code}`);
    this.phase = phase;
    this.code = code;
  }
}
