/**
 * Something was waited for that a service will not bring about, because it was stopped. Starting it
 * again makes waiting possible again.
 */
export class ServiceStoppedError extends Error {
  override readonly name = "ServiceStoppedError";

  /** @param service what was stopped, as in the message */
  constructor(service: string) {
    super(`Cannot wait for ${service}: it was stopped`);
  }
}
