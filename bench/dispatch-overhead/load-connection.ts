import type { Socket } from "bun";

/** What is told when a message has come back whole. */
export interface LoadOwner {
  /** Returns the next message to send on this connection, or null to send nothing more. */
  echoed(connection: LoadConnection): Uint8Array | null;
  /** The server sent what it was not sent, or went away. */
  failed(why: string): void;
}

/** One connection of the load: sends a message, waits until all of it is back, sends the next. */
export class LoadConnection {
  readonly #owner: LoadOwner;
  #socket: Socket<LoadConnection> | null = null;
  #message: Uint8Array = new Uint8Array(0);
  #sent = 0;
  #received = 0;
  #compares = false;
  #idle = true;

  constructor(owner: LoadOwner) {
    this.#owner = owner;
  }

  /** Connects to a port of this host. */
  async connect(port: number): Promise<void> {
    await Bun.connect<LoadConnection>({
      hostname: "127.0.0.1",
      port,
      allowHalfOpen: true,
      data: this,
      socket: HANDLERS,
    });
  }

  opened(socket: Socket<LoadConnection>): void {
    this.#socket = socket;
  }

  /** Sends a message. @param compares whether each byte that comes back is looked at */
  send(message: Uint8Array, compares: boolean): void {
    this.#message = message;
    this.#compares = compares;
    this.#sent = 0;
    this.#received = 0;
    this.#idle = false;
    this.flush();
  }

  /** Sends what the kernel takes of the rest. */
  flush(): void {
    const length = this.#message.length - this.#sent;
    if (this.#idle || length === 0) return;
    const taken = this.#socket?.write(this.#message, this.#sent, length) ?? -1;
    if (taken < 0) this.#owner.failed("the server has closed a connection");
    else this.#sent += taken;
  }

  received(data: Buffer): void {
    const start = this.#received;
    this.#received += data.length;
    if (this.#idle || this.#received > this.#sent) {
      this.#owner.failed(`the server sent ${this.#received} bytes for ${this.#sent}`);
      return;
    }
    if (this.#compares && !data.equals(this.#message.subarray(start, this.#received))) {
      this.#owner.failed(`the server changed a byte between ${start} and ${this.#received}`);
      return;
    }
    if (this.#received < this.#message.length) return;
    this.#idle = true;
    const next = this.#owner.echoed(this);
    if (next !== null) this.send(next, this.#compares);
  }

  ended(): void {
    this.#owner.failed("the server has closed a connection");
  }
}

const HANDLERS = {
  open(socket: Socket<LoadConnection>): void {
    socket.data.opened(socket);
  },
  data(socket: Socket<LoadConnection>, data: Buffer): void {
    socket.data.received(data);
  },
  drain(socket: Socket<LoadConnection>): void {
    socket.data.flush();
  },
  close(socket: Socket<LoadConnection>): void {
    socket.data.ended();
  },
  error(socket: Socket<LoadConnection>): void {
    socket.data.ended();
  },
};
