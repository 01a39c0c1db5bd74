import { peerName, socketDomainAndType } from "../native/socket-descriptor.ts";
import { type Address, InternetAddress, UNIXAddress } from "../reactor/address.ts";
import { unmapped } from "../reactor/ip-address.ts";
import type {
  AdoptedConnection,
  ConnectAttempt,
  ConnectAttemptOwner,
} from "../transport/connect-candidate.ts";
import { BunConnectAttempt } from "./connect-attempt.ts";
import { releaseDescriptor } from "./release-descriptor.ts";
import { ourTCPEnd, unixAddressOf } from "./socket-ends.ts";

/** A connected stream socket that somebody else opened, and that is the reactor's from now on. */
export class AdoptedSocket implements AdoptedConnection {
  readonly description: string;
  readonly #fd: number;
  #state: "offered" | "taken" = "offered";

  constructor(fd: number) {
    this.description = `descriptor ${fd}`;
    this.#fd = fd;
  }

  /** @throws {TypeError} when it is not a connected stream socket */
  begin(owner: ConnectAttemptOwner): ConnectAttempt {
    const peer = this.#peer();
    const host = peer.kind === "unix" ? unixAddressOf(this.#fd) : null;
    const hostOf = host === null ? ourTCPEnd : () => host;
    // Either Bun takes it now and closes it, or it serves the socket already and goes on with it.
    this.#state = "taken";
    return new BunConnectAttempt({ fd: this.#fd }, peer, hostOf, owner, "adopted");
  }

  discard(): void {
    if (this.#state === "offered") releaseDescriptor(this.#fd);
    this.#state = "taken";
  }

  #peer(): Address {
    const kind = socketDomainAndType(this.#fd);
    if (kind.type !== "stream" || kind.listening) {
      throw new TypeError(`Descriptor ${this.#fd} is not a connected stream socket`);
    }
    const peer = peerName(this.#fd);
    if (peer.family === "unix") return new UNIXAddress(peer.path);
    return new InternetAddress("tcp", unmapped(peer.host), peer.port);
  }
}
