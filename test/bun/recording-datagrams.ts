import type { InternetAddress } from "../../src/reactor/address.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../../src/reactor/datagram-transport.ts";
import { Occurrences } from "../occurrences.ts";

/** What a `RecordingDatagrams` does with a datagram, after keeping it. */
type DatagramAction = (
  protocol: RecordingDatagrams,
  data: Buffer,
  from: InternetAddress,
) => unknown;

/** Records its callbacks in order and keeps what it receives. */
export class RecordingDatagrams extends DatagramProtocol {
  /** The names of the callbacks; `datagramReceived` once for each run of datagrams. */
  readonly events: string[] = [];
  readonly received: { readonly data: Buffer; readonly from: InternetAddress }[] = [];
  readonly errors: Error[] = [];
  readonly #action: DatagramAction | undefined;
  readonly #occurrences = new Occurrences();
  #taken = 0;

  constructor(action?: DatagramAction) {
    super();
    this.#action = action;
  }

  /** The transport, for the test to call. */
  get socket(): DatagramTransport {
    return this.transport;
  }

  /** What has come so far, as text. */
  get texts(): string[] {
    return this.received.map(({ data }) => data.toString());
  }

  /** Resolves with the next datagram, in the order they came. */
  async receive(): Promise<{ readonly data: Buffer; readonly from: InternetAddress }> {
    const index = this.#taken++;
    await this.#occurrences.until("a datagram", () => index < this.received.length);
    const datagram = this.received[index];
    if (datagram === undefined) throw new Error("There is no datagram after all");
    return datagram;
  }

  /** Resolves once `condition` holds: now, or after a callback. */
  until(condition: () => boolean): Promise<void> {
    return this.#occurrences.until("a condition", condition);
  }

  override startProtocol(): void {
    this.#record("startProtocol");
  }

  override datagramReceived(data: Buffer, from: InternetAddress): void {
    this.received.push({ data, from });
    this.#record("datagramReceived");
    return this.#action?.(this, data, from) as void;
  }

  override stopProtocol(): void {
    this.#record("stopProtocol");
  }

  override connectionRefused(): void {
    this.#record("connectionRefused");
  }

  override errorReceived(error: Error): void {
    this.errors.push(error);
    this.#record("errorReceived");
  }

  override resumeWriting(): void {
    this.#record("resumeWriting");
  }

  #record(name: string): void {
    if (name !== "datagramReceived" || this.events.at(-1) !== name) this.events.push(name);
    this.#occurrences.happened();
  }
}
