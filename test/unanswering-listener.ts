import { type Libc, requireLibc } from "../src/native/libc.ts";
import { startConnect } from "../src/native/precise-socket.ts";
import { scratchAddress } from "../src/native/scratch-memory.ts";
import { encodeSocketName } from "../src/native/socket-address.ts";
import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../src/native/socket-constants.ts";
import { closeDescriptor, socketName } from "../src/native/socket-descriptor.ts";

const ANY_PORT = { family: "IPv4", host: "127.0.0.1", port: 0 } as const;

/**
 * A TCP port of this host that answers nobody: it accepts nothing and its queue is full, so the
 * system drops what asks for a connection. Needs libc.
 */
export class UnansweringListener implements Disposable {
  readonly #descriptors: number[] = [];
  readonly port: number;

  constructor() {
    const libc = requireLibc("open a listener that does not answer");
    const fd = listening(libc);
    this.#descriptors.push(fd);
    const name = socketName(fd);
    if (name.family === "unix") throw new Error("A TCP socket has a path");
    this.port = name.port;
    // A queue of 0 holds one connection all the same.
    this.#descriptors.push(startConnect(name).fd);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#descriptors) closeDescriptor(fd);
  }
}

function listening(libc: Libc): number {
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const length = encodeSocketName(libc, ANY_PORT);
  if (libc.bind(fd, scratchAddress, length) < 0) throw new Error("The listener cannot be bound");
  if (libc.listen(fd, 0) < 0) throw new Error("The listener cannot listen");
  return fd;
}
