import type { CannotListenError } from "../reactor/cannot-listen-error.ts";

/** What the common causes mean to somebody who starts a service. */
const MEANINGS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has this port",
  EACCES: "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE",
  EADDRNOTAVAIL: "this machine does not have this address",
  EAFNOSUPPORT: "this machine does not have this kind of address",
};

/** A set of services could not start, so none of it runs. The message says which and why. */
export class ServiceStartError extends Error {
  override readonly name = "ServiceStartError";
  /** The system's name for the failure, such as `EADDRINUSE`; undefined where it gave none. */
  readonly code: string | undefined;

  constructor(service: string, cause: CannotListenError) {
    const meaning = MEANINGS[cause.code ?? ""];
    const reason = meaning === undefined ? "" : `, ${meaning}`;
    super(`Cannot start ${service}: ${cause.message}${reason}`, { cause });
    this.code = cause.code;
  }
}
