import { InternetAddress } from "../../src/reactor/address.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import type { DatagramTransport } from "../../src/reactor/datagram-transport.ts";
import type { ListenUDPOptions } from "../../src/reactor/reactor.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { MemoryLoop } from "../../src/testing/memory-loop.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import type {
  DatagramDriver,
  DatagramEvents,
  OutgoingDatagrams,
} from "../../src/transport/datagram-driver.ts";
import { DatagramPortTransport } from "../../src/transport/datagram-port-transport.ts";
import { Turn } from "../../src/transport/turn.ts";

/** What the kernel says to one send: how many it takes at most, or the error it has. */
export type SendAnswer = number | Error;

/** A UDP socket that does what a test says. */
export class ScriptedDatagramDriver implements DatagramDriver {
  readonly fileDescriptor = -1;
  readonly host: InternetAddress;
  /** The verbs other than `send`, in order. */
  readonly verbs: string[] = [];
  /** What was taken, as text with the port it went to. */
  readonly sent: string[] = [];
  /** The host that each of them went to. */
  readonly hosts: string[] = [];
  /** The bytes themselves, unless somebody has let go of them. */
  readonly taken: WeakRef<Uint8Array>[] = [];
  /** How many datagrams each call of `send` was given. */
  readonly batches: number[] = [];
  /** The kernel's answers to the next sends; it takes everything when there are none left. */
  readonly answers: SendAnswer[] = [];
  /** What the system dropped while it was told to shed. */
  shedBySystem = 0;
  /** What the system says when it is told to shed, and to stop. */
  readonly refusals: { startShedding?: Error; stopShedding?: Error } = {};
  #events: DatagramEvents | null = null;

  constructor(host = "192.0.2.1") {
    this.host = new InternetAddress("udp", host, 9);
  }

  get events(): DatagramEvents {
    if (this.#events === null) throw new Error("Nobody listens to the driver");
    return this.#events;
  }

  attach(events: DatagramEvents): void {
    this.#events = events;
  }

  send({ data, addresses }: OutgoingDatagrams, first: number, count: number): number {
    this.batches.push(count);
    const answer = this.answers.shift() ?? Number.POSITIVE_INFINITY;
    if (answer instanceof Error) throw answer;
    const taken = Math.min(count, answer);
    for (let index = first; index < first + taken; index++) {
      const text = Buffer.from(data[index] ?? []).toString();
      this.sent.push(`${text} to ${addresses[index]?.port}`);
      this.hosts.push(addresses[index]?.host ?? "");
      this.taken.push(new WeakRef(data[index] ?? new Uint8Array(0)));
    }
    return taken;
  }

  connect(address: InternetAddress): void {
    this.verbs.push(`connect ${address}`);
  }

  startShedding(): void {
    this.verbs.push("startShedding");
    if (this.refusals.startShedding !== undefined) throw this.refusals.startShedding;
  }

  stopShedding(): number {
    this.verbs.push("stopShedding");
    if (this.refusals.stopShedding !== undefined) throw this.refusals.stopShedding;
    return this.shedBySystem;
  }

  close(): void {
    this.verbs.push("close");
  }

  setBroadcast(on: boolean): void {
    this.verbs.push(`setBroadcast ${on}`);
  }

  joinGroup(group: string, interfaceHost: string | undefined): void {
    this.verbs.push(`joinGroup ${group} ${interfaceHost}`);
  }

  leaveGroup(group: string, interfaceHost: string | undefined): void {
    this.verbs.push(`leaveGroup ${group} ${interfaceHost}`);
  }

  setMulticastTTL(hops: number): void {
    this.verbs.push(`setMulticastTTL ${hops}`);
  }

  setMulticastLoopback(on: boolean): void {
    this.verbs.push(`setMulticastLoopback ${on}`);
  }

  setMulticastInterface(interfaceHost: string): void {
    this.verbs.push(`setMulticastInterface ${interfaceHost}`);
  }

  getSocketOption(): never {
    throw new Error("A scripted driver has no options");
  }

  setSocketOption(): never {
    throw new Error("A scripted driver has no options");
  }
}

/** Records its callbacks. */
export class DatagramRecorder extends DatagramProtocol {
  readonly events: string[] = [];
  /** Done inside `datagramReceived`. */
  act: () => unknown = () => undefined;

  get connection(): DatagramTransport {
    return this.transport;
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.events.push(`${data} from ${address.host}:${address.port}`);
    return this.act() as void;
  }

  override connectionRefused(): void {
    this.events.push("connectionRefused");
  }

  override errorReceived(error: Error): void {
    this.events.push(`error ${error.message}`);
  }

  override resumeWriting(): void {
    this.events.push("resumeWriting");
  }
}

/** A datagram transport over a scripted driver, and all that it uses. */
export function scriptedDatagrams(
  options: Pick<
    ListenUDPOptions,
    "whenFull" | "receiveBudgetMs" | "receiveBufferBytes" | "host"
  > = {},
) {
  const loop = new MemoryLoop({ automatic: false });
  const logger = new MemoryLogger();
  const clock = new ManualClock({ logger });
  const driver = new ScriptedDatagramDriver(options.host);
  const protocol = new DatagramRecorder();
  const context = { turn: new Turn(loop, logger), clock, logger, tls: NO_TLS };
  const transport = new DatagramPortTransport(driver, context, protocol, options);
  transport.start();
  const [settle, pump] = [() => loop.flush(), () => void loop.pump()];
  return { driver, protocol, transport, clock, logger, settle, pump };
}

/** What a system says of a failed call. */
export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
