import type { Address } from "../reactor/address.ts";

/** A service was asked and gave no answer, or one that is wrong. The message names the peer. */
export class QueryError extends Error {
  override readonly name = "QueryError";

  /** @param detail what is wrong, to follow the peer in the message */
  constructor(peer: Address, detail: string, cause?: unknown) {
    super(`${peer} ${detail}`, { cause });
  }
}
