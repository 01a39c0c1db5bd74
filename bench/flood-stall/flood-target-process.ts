/** A child process with a UDP port that is flooded and a timer that should not suffer from it. */
import { BunReactor, DatagramProtocol, type InternetAddress } from "pretzel";
import { offer } from "../child-process.ts";

/** How the target fared. */
export interface FloodTargetReport {
  /** The longest time by which a tick came late. */
  readonly longestStallMs: number;
  readonly ticks: number;
  readonly received: number;
  /** Datagrams that were not as they were sent. */
  readonly damaged: number;
  readonly shed: number;
}

/** What the process offers. */
export interface FloodTargetCalls {
  /** Opens the port and starts the timer. @param receiveBudgetMs null for no budget */
  open(receiveBudgetMs: number | null, datagramBytes: number): Promise<number>;
  /** Waits until the flood is over, and reports. */
  report(): Promise<FloodTargetReport>;
}

/** The script to start. */
export const FLOOD_TARGET_SCRIPT = import.meta.path;

const TICK_MS = 10;

/** Ticks without a new datagram after which a flood counts as over. */
const QUIET_TICKS = 5;

/** What a small service does with a datagram: looks at it, and answers. */
class Answerer extends DatagramProtocol {
  readonly #datagramBytes: number;
  received = 0;
  damaged = 0;

  constructor(datagramBytes: number) {
    super();
    this.#datagramBytes = datagramBytes;
  }

  override datagramReceived(data: Buffer, address: InternetAddress): void {
    this.received++;
    if (data.length !== this.#datagramBytes || data.at(-1) !== 0x50) this.damaged++;
    this.transport.write(data, address);
  }
}

if (import.meta.main) {
  const reactor = new BunReactor();
  let longestStallMs = 0;
  let ticks = 0;
  let lastTickAt = reactor.now();
  let ticked = () => {};
  const tick = () => {
    const now = reactor.now();
    longestStallMs = Math.max(longestStallMs, now - lastTickAt - TICK_MS);
    lastTickAt = now;
    ticks++;
    reactor.callLater(TICK_MS, tick);
    ticked();
  };
  let answerer = new Answerer(0);
  let stats = () => ({ shed: 0 });
  offer<FloodTargetCalls>({
    async open(receiveBudgetMs, datagramBytes) {
      answerer = new Answerer(datagramBytes);
      const budget = receiveBudgetMs ?? Number.POSITIVE_INFINITY;
      const port = await reactor.listenUDP({ receiveBudgetMs: budget }, answerer);
      stats = () => port.stats;
      lastTickAt = reactor.now();
      reactor.callLater(TICK_MS, tick);
      return port.host.port;
    },
    async report() {
      for (let quiet = 0, before = -1; quiet < QUIET_TICKS; quiet++) {
        await new Promise<void>((resolve) => (ticked = resolve));
        if (answerer.received !== before) quiet = 0;
        before = answerer.received;
      }
      const { received, damaged } = answerer;
      return { longestStallMs, ticks, received, damaged, shed: stats().shed };
    },
  });
}
