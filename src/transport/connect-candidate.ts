import type { StreamDriver } from "./stream-driver.ts";

/** One address to try: the part of connecting that depends on the kind of socket. */
export interface ConnectCandidate {
  /** For messages, such as `tcp 127.0.0.1:7`. */
  readonly description: string;
  /**
   * Begins to connect and reports to `owner`, never inside this call. Throws a `ConnectError`, or
   * what the system said, where it refuses at once.
   */
  begin(owner: ConnectAttemptOwner): ConnectAttempt;
}

/** A connection that was made already, over descriptors that are the reactor's from now on. */
export interface AdoptedConnection extends ConnectCandidate {
  /** Nothing comes of it: closes the descriptors, unless it was begun. */
  discard(): void;
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
