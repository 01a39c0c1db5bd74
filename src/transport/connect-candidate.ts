import type { Address } from "../reactor/address.ts";
import type { StreamDriver } from "./stream-driver.ts";

/** One address to try: the part of connecting that depends on the kind of socket. */
export interface ConnectCandidate {
  readonly address: Address;
  /**
   * Begins to connect and reports to `owner`, never inside this call. Throws a `ConnectError`, or
   * what the system said, where it refuses at once.
   */
  begin(owner: ConnectAttemptOwner): ConnectAttempt;
}

/** One try that is under way. */
export interface ConnectAttempt {
  /** Ends it, without another word to its owner. Does nothing once the owner knows the outcome. */
  giveUp(): void;
}

/** Whoever waits for an attempt. One of the two is called, once, unless it is given up first. */
export interface ConnectAttemptOwner {
  /** It is connected; the owner attaches a listener to the driver, or closes it, at once. */
  attemptSucceeded(driver: StreamDriver): void;
  /** @param error what the system said */
  attemptFailed(error: unknown): void;
}
