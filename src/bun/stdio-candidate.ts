import { fstatSync, type Stats } from "node:fs";
import type {
  AdoptedConnection,
  ConnectAttempt,
  ConnectAttemptOwner,
} from "../transport/connect-candidate.ts";
import { releaseDescriptor } from "./release-descriptor.ts";
import { StdioDriver } from "./stdio-driver.ts";

/**
 * A pair of descriptors that somebody else opened, and that are the reactor's from now on: one to
 * read from, another to write to.
 */
export class StdioCandidate implements AdoptedConnection {
  readonly description: string;
  readonly #inputFd: number;
  readonly #outputFd: number;
  #state: "offered" | "taken" = "offered";

  constructor(inputFd: number, outputFd: number) {
    this.description = `descriptors ${inputFd} and ${outputFd}`;
    this.#inputFd = inputFd;
    this.#outputFd = outputFd;
  }

  /** @throws {TypeError} when one of them is not open, or a folder */
  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    for (const fd of [this.#inputFd, this.#outputFd]) mustBeUsable(fd);
    queueMicrotask(() => {
      if (this.#state === "taken") return;
      this.#state = "taken";
      owner.attemptSucceeded(new StdioDriver(this.#inputFd, this.#outputFd));
    });
    return { giveUp: () => this.discard() };
  }

  discard(): void {
    if (this.#state === "taken") return;
    this.#state = "taken";
    for (const fd of [this.#inputFd, this.#outputFd]) releaseDescriptor(fd);
  }
}

function mustBeUsable(fd: number): void {
  if (statsOf(fd).isDirectory()) {
    throw new TypeError(`Descriptor ${fd} cannot be used: it is a folder`);
  }
}

function statsOf(fd: number): Stats {
  try {
    return fstatSync(fd);
  } catch (cause) {
    throw new TypeError(`Descriptor ${fd} cannot be used: it is not open`, { cause });
  }
}
