import { lstatSync, renameSync, type Stats, unlinkSync } from "node:fs";
import { requireLibc } from "../native/libc.ts";
import { setBacklog } from "../native/socket-descriptor.ts";
import { type Address, UNIXAddress } from "../reactor/address.ts";
import type { ListenUNIXOptions } from "../reactor/reactor.ts";
import { type BunListener, type BunSocket, bunConnect, bunListen, IGNORED } from "./bun-socket.ts";
import type { ListenTarget } from "./listen-target.ts";
import { requireListening } from "./tcp-listen-target.ts";

/** Everybody on this host may connect; the folder's permissions are the usual way to limit that. */
const DEFAULT_MODE = 0o666;

/** `sun_path` of unix(7) less its closing NUL. */
const MAX_PATH_BYTES = 107;

/** An accepted UNIX socket's peer has no name. */
const UNNAMED = new UNIXAddress("");

/** A path or abstract name to listen at, or a listening UNIX socket to adopt. */
export class UNIXListenTarget implements ListenTarget {
  readonly #options: ListenUNIXOptions;
  readonly #address: UNIXAddress;
  /** The socket file we made; null for abstract names and adopted sockets. */
  #file: Stats | null = null;

  constructor(options: ListenUNIXOptions) {
    this.#options = options;
    this.#address = new UNIXAddress(options.path);
  }

  get description(): string {
    return this.#address.toString();
  }

  async open(accept: (socket: BunSocket) => void): Promise<BunListener> {
    const { path, mode = DEFAULT_MODE, backlog, fd } = this.#options;
    if (fd !== undefined) {
      requireListening(fd, ["unix"]);
      return bunListen({ fd }, accept);
    }
    const length = Buffer.byteLength(path);
    if (length === 0 || length > MAX_PATH_BYTES) {
      throw new RangeError(`the path has ${length} bytes: 1 to ${MAX_PATH_BYTES} are possible`);
    }
    if (backlog !== undefined) requireLibc("set the backlog of a listening socket");
    const isFile = !path.startsWith("\0");
    if (isFile) await removeStaleSocket(path);
    const listener = listenWithMode(path, mode, accept);
    if (backlog !== undefined) setBacklog(listener.fd, backlog);
    if (isFile) this.#file = lstatSync(path);
    return listener;
  }

  addressOf(_listener: BunListener): Address {
    return this.#address;
  }

  endsOf(_socket: BunSocket): { readonly peer: Address; readonly host: Address } {
    return { peer: UNNAMED, host: this.#address };
  }

  /** Bun removes the path when it stops, even when it is another server's by now: hide that one. */
  close(listener: BunListener): void {
    const { path } = this.#options;
    const file = this.#file;
    this.#file = null;
    const current = lstatSync(path.replaceAll("\0", "@"), { throwIfNoEntry: false });
    if (file === null || current === undefined || isSameFile(file, current)) {
      listener.stop(false);
      return;
    }
    const hidden = `${path}.${process.pid}`;
    renameSync(path, hidden);
    listener.stop(false);
    renameSync(hidden, path);
  }
}

/** The process's umask decides the permissions of a new socket; nothing else runs meanwhile. */
function listenWithMode(
  path: string,
  mode: number,
  accept: (socket: BunSocket) => void,
): BunListener {
  const umaskBefore = process.umask(0o777 & ~mode);
  try {
    return bunListen({ unix: path }, accept);
  } finally {
    process.umask(umaskBefore);
  }
}

/** Removes the socket file of a server that is gone. What is alive, or no socket, is left alone. */
async function removeStaleSocket(path: string): Promise<void> {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined || !before.isSocket() || (await answers(path))) return;
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now !== undefined && isSameFile(before, now)) unlinkSync(path);
}

/** Whether somebody listens at `path`: only a refusal says that nobody does. */
async function answers(path: string): Promise<boolean> {
  try {
    await bunConnect(
      { unix: path },
      {
        ...IGNORED,
        opened(socket) {
          socket.data = IGNORED;
          socket.close();
        },
      },
    );
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ECONNREFUSED";
  }
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
