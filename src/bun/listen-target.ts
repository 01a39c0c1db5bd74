import type { Address } from "../reactor/address.ts";
import type { BunListener, BunSocket } from "./bun-socket.ts";

/** Where a port listens: the part of listening that differs between TCP and UNIX sockets. */
export interface ListenTarget {
  /** For messages, such as `tcp 127.0.0.1:7`. */
  readonly description: string;
  /** Opens the listener. Throws or rejects with whatever the system said. */
  open(accept: (socket: BunSocket) => void): Promise<BunListener>;
  /** Where `listener` really is. */
  addressOf(listener: BunListener): Address;
  /** The two ends of an accepted socket; null for one that was reset before it was accepted. */
  endsOf(socket: BunSocket): { readonly peer: Address; readonly host: Address } | null;
  /** Stops the listener, and leaves nothing behind that is ours. */
  close(listener: BunListener): void;
}
