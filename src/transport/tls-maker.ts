import type { StartTLSOptions } from "../reactor/tls.ts";

/** Options that were checked and made ready for a kind of driver. */
export interface PreparedTLS {
  readonly side: "server" | "client";
  readonly handshakeTimeoutMs: number;
}

/** How a reactor gets its connections secured. */
export interface TLSMaker {
  /**
   * @throws {TypeError} when something needed is missing
   * @throws {TLSError} when a key or certificate cannot be used, or there is no TLS here
   */
  prepare(options: StartTLSOptions): PreparedTLS;
}
