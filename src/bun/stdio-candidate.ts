import { fstatSync, type Stats } from "node:fs";
import { type Address, UNIXAddress } from "../reactor/address.ts";
import type {
  ConnectAttempt,
  ConnectAttemptOwner,
  ConnectCandidate,
} from "../transport/connect-candidate.ts";
import { StdioDriver } from "./stdio-driver.ts";

/** A pair of descriptors that somebody else opened: one to read from, another to write to. */
export class StdioCandidate implements ConnectCandidate {
  readonly address: Address = new UNIXAddress("");
  readonly #inputFd: number;
  readonly #outputFd: number;

  /** @throws {TypeError} when one of them is not open, or a folder */
  constructor(inputFd: number, outputFd: number) {
    for (const fd of [inputFd, outputFd]) mustBeUsable(fd);
    this.#inputFd = inputFd;
    this.#outputFd = outputFd;
  }

  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    let state: "waiting" | "settled" = "waiting";
    queueMicrotask(() => {
      if (state === "settled") return;
      state = "settled";
      owner.attemptSucceeded(new StdioDriver(this.#inputFd, this.#outputFd));
    });
    return {
      giveUp() {
        state = "settled";
      },
    };
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
