import type { BareSocket } from "./bare-datagram-echo.ts";

/** As many as the reactor hands over in one call. */
const MAX_BATCH = 64;

/** Bun takes a datagram as three items in a row: bytes, port and host. */
const ITEMS_PER_DATAGRAM = 3;

/** Answers that wait for the end of one turn of the loop, or until they are a batch. */
export class GatheredAnswers {
  readonly #flush = () => this.flush();
  #socket: BareSocket | null = null;
  #packets: (Uint8Array | number | string)[] = [];
  #scheduled = false;

  add(socket: BareSocket, data: Uint8Array, port: number, host: string): void {
    this.#socket = socket;
    this.#packets.push(data, port, host);
    if (this.#packets.length >= MAX_BATCH * ITEMS_PER_DATAGRAM) this.#send();
    if (this.#scheduled) return;
    this.#scheduled = true;
    // It runs after all sockets that are ready now.
    setImmediate(this.#flush);
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#packets.length > 0) this.#send();
  }

  #send(): void {
    let packets = this.#packets;
    this.#packets = [];
    let refusals = 0;
    while (packets.length > 0) {
      let taken = 0;
      try {
        taken = this.#socket?.sendMany(packets) ?? 0;
        // A full kernel: what is left is lost, as datagrams are.
        if (taken === 0) return;
        refusals = 0;
      } catch {
        // It may be about an earlier datagram; the second time it is about this one.
        if (refusals++ > 0) taken = 1;
      }
      if (taken * ITEMS_PER_DATAGRAM === packets.length) return;
      packets = packets.slice(taken * ITEMS_PER_DATAGRAM);
    }
  }
}
