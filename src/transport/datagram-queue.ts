import type { OutgoingDatagrams } from "./datagram-driver.ts";

/** The datagrams of one transport that wait for the end of the turn, or for the kernel. */
export class DatagramQueue implements OutgoingDatagrams {
  readonly data: Uint8Array[] = [];
  readonly hosts: string[] = [];
  readonly ports: number[] = [];
  /** The first that was not sent; those before it are removed together, not one by one. */
  #first = 0;
  #bytes = 0;

  get first(): number {
    return this.#first;
  }

  get length(): number {
    return this.data.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(data: Uint8Array, host: string, port: number): void {
    this.data.push(data);
    this.hosts.push(host);
    this.ports.push(port);
    this.#bytes += data.length;
  }

  /** Removes the first `count`; returns how many bytes they had. */
  remove(count: number): number {
    let bytes = 0;
    const end = this.#first + count;
    for (let index = this.#first; index < end; index++) bytes += this.data[index]?.length ?? 0;
    this.#first = end;
    this.#bytes -= bytes;
    if (this.length === 0) this.#truncate();
    return bytes;
  }

  clear(): void {
    this.#bytes = 0;
    this.#truncate();
  }

  #truncate(): void {
    this.#first = 0;
    this.data.length = 0;
    this.hosts.length = 0;
    this.ports.length = 0;
  }
}
