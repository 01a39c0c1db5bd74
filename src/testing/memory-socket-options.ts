import {
  type SocketOptionName,
  SocketOptionError,
  type SocketOptionValue,
} from "../reactor/socket-option.ts";

/** Options that no socket has by itself, or that only a kernel can answer. */
const REFUSED: Readonly<Partial<Record<SocketOptionName, string>>> = {
  SO_RCVTIMEO: "reading never waits, so it has no timeout",
  SO_SNDTIMEO: "writing never waits, so it has no timeout",
  TCP_INFO: "a socket in memory has no TCP behind it",
};

/** The options of one socket in memory: they keep what they are set to, and do nothing. */
export class MemorySocketOptions {
  readonly #values = new Map<SocketOptionName, unknown>();
  #open = true;

  constructor(kind: "stream" | "datagram") {
    if (kind === "stream") this.set("TCP_NODELAY", true);
    this.set("SO_KEEPALIVE", false);
    this.set("SO_BROADCAST", false);
    this.set("SO_LINGER", { on: false, seconds: 0 });
  }

  /** @throws {SocketOptionError} for one that was never set or only a kernel has, and at the end */
  get<N extends SocketOptionName>(name: N): SocketOptionValue<N> {
    this.#check(name);
    if (!this.#values.has(name)) {
      throw new SocketOptionError(name, "a socket in memory has it only once it was set", {
        code: "ENOPROTOOPT",
      });
    }
    return this.#values.get(name) as SocketOptionValue<N>;
  }

  /** @throws {SocketOptionError} for one that only a kernel has, or after the end */
  set<N extends SocketOptionName>(name: N, value: SocketOptionValue<N>): void {
    this.#check(name);
    this.#values.set(name, value);
  }

  /** The socket has ended: from now on every option is refused. */
  close(): void {
    this.#open = false;
  }

  #check(name: SocketOptionName): void {
    const refusal = REFUSED[name];
    if (refusal !== undefined) throw new SocketOptionError(name, refusal, { code: "ENOPROTOOPT" });
    if (!this.#open) throw new SocketOptionError(name, "the socket is closed", { code: "EBADF" });
  }
}
