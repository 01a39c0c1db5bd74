import type { DatagramCarrier, MemoryDatagram, MemoryReceiver } from "./memory-network.ts";
import { ONCE, type ScheduleSite } from "./schedule.ts";
import { magnitude } from "./schedule-hash.ts";
import { excerpt } from "./simulated-end.ts";
import type { SimulatedOutages } from "./simulated-outages.ts";
import type { Simulation } from "./simulation.ts";

/** Half a second at most, twice that when a datagram is late or comes again. */
const LATENCY_MS_BITS = 8;
const DELAY_MS_BITS = 9;

/** One socket that sends, and how often it has. */
interface Sender extends ScheduleSite {
  sent: number;
}

/** Carries datagrams: late, twice, cut, refused or not at all. */
export class SimulatedDatagrams {
  readonly #simulation: Simulation;
  readonly #outages: SimulatedOutages;
  readonly #senders = new Map<string, Sender>();
  readonly carry: DatagramCarrier = (datagram, receiver, group) =>
    this.#carry(datagram, receiver, group);

  constructor(simulation: Simulation, outages: SimulatedOutages) {
    this.#simulation = simulation;
    this.#outages = outages;
  }

  #carry(datagram: MemoryDatagram, receiver: MemoryReceiver, group: string | null): void {
    const { from, to, sender } = datagram;
    const { schedule } = this.#simulation;
    const site = this.#siteOf(String(from));
    const at = ++site.sent;
    if (this.#simulation.trace !== null) {
      this.#simulation.note(`${from} sends datagram ${at} to ${to}: ${excerpt(datagram.data)}`);
    }
    if (this.#outages.holds(from, to)) return;
    if (schedule.decide("datagram-loss", site, at) >= 0) {
      schedule.took("datagram-loss", site, at, 0);
      return;
    }
    const travelMs = this.#latencyMs(site) + this.#extraMs("datagram-delay", site, at);
    if (schedule.decide("datagram-refusal", site, at) >= 0) {
      schedule.took("datagram-refusal", site, at, 0);
      this.#simulation.callLater(travelMs, () => {
        if (!this.#outages.holds(to, from)) sender.refused(to);
      });
      return;
    }
    const data = this.#truncated(datagram.data, site, at);
    const arrive = () => {
      // A partition may have begun while it was under way.
      if (!this.#outages.holds(from, to)) receiver.arrived(Buffer.from(data), from, group);
    };
    this.#simulation.callLater(travelMs, arrive);
    const againMs = this.#extraMs("datagram-duplicate", site, at);
    if (againMs > 0) this.#simulation.callLater(travelMs + againMs, arrive);
  }

  #truncated(data: Buffer, site: ScheduleSite, at: number): Buffer {
    const { schedule } = this.#simulation;
    const hash = data.length === 0 ? -1 : schedule.decide("datagram-truncation", site, at);
    if (hash < 0) return data;
    const length = hash % data.length;
    schedule.took("datagram-truncation", site, at, length);
    return data.subarray(0, length);
  }

  #latencyMs(site: ScheduleSite): number {
    const { schedule } = this.#simulation;
    const hash = schedule.decide("latency", site, ONCE);
    if (hash < 0) return 0;
    const latencyMs = magnitude(hash, LATENCY_MS_BITS);
    schedule.took("latency", site, ONCE, latencyMs);
    return latencyMs;
  }

  #extraMs(kind: "datagram-delay" | "datagram-duplicate", site: ScheduleSite, at: number): number {
    const { schedule } = this.#simulation;
    const hash = schedule.decide(kind, site, at);
    if (hash < 0) return 0;
    const extraMs = magnitude(hash, DELAY_MS_BITS);
    schedule.took(kind, site, at, extraMs);
    return extraMs;
  }

  #siteOf(name: string): Sender {
    const known = this.#senders.get(name);
    if (known !== undefined) return known;
    const site = { name, id: -1 - this.#senders.size, sent: 0 };
    this.#senders.set(name, site);
    return site;
  }
}
