import { type Address, InternetAddress } from "../reactor/address.ts";
import type { Simulation } from "./simulation.ts";

/** Which way nothing gets through: to a place, from it, or neither. */
export type PartitionDirection = "to" | "from" | "both";

interface Partition {
  readonly host: string;
  readonly port: number | undefined;
  readonly direction: PartitionDirection;
}

/** The partitions that a scenario makes and heals itself, and what waits for them to heal. */
export class SimulatedOutages {
  readonly #simulation: Simulation;
  #partitions: Partition[] = [];
  #waiting: (() => void)[] = [];

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** @throws {InvalidAddressError} when `host` is not an IP address, or `port` no port */
  partition(host: string, port: number | undefined, direction: PartitionDirection): void {
    this.#partitions.push({ host: canonicalPlace(host, port), port, direction });
  }

  /**
   * Ends the partitions of `host`, or of one port of it; all of them when it is left out.
   *
   * @throws {InvalidAddressError} as `partition` does
   */
  heal(host?: string, port?: number): void {
    const place = host === undefined ? undefined : canonicalPlace(host, port);
    this.#partitions = this.#partitions.filter((each) => {
      const isMeant = place === undefined || (each.host === place && each.port === port);
      return !isMeant;
    });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) this.#simulation.callLater(0, resume);
  }

  /** Whether nothing gets from `from` to `to` now. */
  holds(from: Address, to: Address): boolean {
    return this.#partitions.some(
      (each) =>
        (each.direction !== "from" && isAt(to, each)) ||
        (each.direction !== "to" && isAt(from, each)),
    );
  }

  /** Has `resume` called when a partition has healed; it then asks `holds` again. */
  await(resume: () => void): void {
    this.#waiting.push(resume);
  }
}

/** The host as addresses have it; by a name nothing would be found, as they have none. */
function canonicalPlace(host: string, port = 0): string {
  return new InternetAddress("tcp", host, port).host;
}

function isAt(address: Address, { host, port }: Partition): boolean {
  if (address.kind === "unix" || address.host !== host) return false;
  return port === undefined || address.port === port;
}
