import { lstatSync, renameSync, type Stats, unlinkSync } from "node:fs";
import { requireLibc } from "../native/libc.ts";
import { UNIXAddress } from "../reactor/address.ts";
import { checkUNIXPath } from "../reactor/check-unix-path.ts";
import type { ListenUNIXOptions } from "../reactor/reactor.ts";
import type { ConnectionAcceptor, ListenTarget, OpenListener } from "../transport/listen-target.ts";
import { BunOpenListener, listenFor, setQueueLength } from "./bun-open-listener.ts";
import { type BunListener, bunConnect, IGNORED } from "./bun-socket.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import { unixEndsAt } from "./socket-ends.ts";

/** Everybody on this host may connect; the folder's permissions are the usual way to limit that. */
const DEFAULT_MODE = 0o666;

/** A path or abstract name to listen at. */
export class UNIXListenTarget implements ListenTarget<UNIXAddress> {
  readonly #options: ListenUNIXOptions;
  readonly #address: UNIXAddress;
  readonly #reserve: DescriptorReserve;

  constructor(options: ListenUNIXOptions, reserve: DescriptorReserve) {
    this.#options = options;
    this.#reserve = reserve;
    this.#address = new UNIXAddress(options.path);
  }

  get description(): string {
    return this.#address.toString();
  }

  async open(acceptor: ConnectionAcceptor): Promise<OpenListener<UNIXAddress>> {
    const { path, mode = DEFAULT_MODE, backlog } = this.#options;
    checkUNIXPath(path);
    if (backlog !== undefined) requireLibc("set the backlog of a listening socket");
    const isFile = !path.startsWith("\0");
    if (isFile) await removeStaleSocket(path);
    const listener = withMode(mode, () =>
      listenFor(acceptor, { unix: path }, unixEndsAt(this.#address), this.#reserve),
    );
    if (backlog !== undefined) setQueueLength(listener, backlog);
    const file = isFile ? statOf(listener, path) : null;
    return new BunOpenListener(listener, this.#address, () => {
      if (file === null) listener.stop(false);
      else stopAndRemove(listener, path, file);
    });
  }
}

/** The file that the listener has made; where somebody has removed it nothing is left open. */
function statOf(listener: BunListener, path: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    listener.stop(false);
    throw error;
  }
}

/**
 * Stops the listener. Bun removes the path then, even when it is another server's by now; that one
 * is out of the way for the moment.
 */
function stopAndRemove(listener: BunListener, path: string, ours: Stats): void {
  const current = lstatSync(path, { throwIfNoEntry: false });
  if (current === undefined || isSameFile(ours, current)) {
    listener.stop(false);
    return;
  }
  const hidden = `${path}.${process.pid}`;
  renameSync(path, hidden);
  listener.stop(false);
  renameSync(hidden, path);
}

/** The process's umask decides the permissions of a new socket; nothing else runs meanwhile. */
function withMode(mode: number, listen: () => BunListener): BunListener {
  const umaskBefore = process.umask(0o777 & ~mode);
  try {
    return listen();
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
