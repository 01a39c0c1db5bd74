import { BunReactor, DatagramProtocol, InternetAddress } from "pretzel";
import { MAX_DATAGRAMS } from "./control-message.ts";
import { DatagramBatch } from "./datagram-batch.ts";
import type { SenderCount } from "./datagram-loss.ts";

/**
 * The ways to send that are compared, each with a number of datagrams at a time.
 *
 * - `write`: one datagram, and the next once it has left: a system call for each. What is written
 *   outside of a callback leaves at the end of the microtask, so awaiting anything sees it off.
 * - `writeMany`: a batch, and the next once it has left.
 * - `Bun send`, `Bun sendMany`: the same on Bun's own socket, for reference.
 */
export interface DatagramStrategy {
  readonly name: "write" | "writeMany" | "Bun send" | "Bun sendMany";
  readonly batch: number;
}

/** Where to send how much of what; whichever end comes first. */
export interface DatagramSendPlan {
  readonly strategy: DatagramStrategy;
  readonly host: string;
  readonly port: number;
  readonly run: number;
  readonly bytes: number;
  readonly seed: number;
  readonly maxDatagrams: number;
  readonly durationMs: number;
}

/** What came of it, as the sender sees it. */
export interface DatagramSendOutcome extends SenderCount {
  readonly elapsedMs: number;
  /** Time on a core meanwhile, in the program and in the kernel on its behalf. */
  readonly cpuMicroseconds: number;
  readonly systemCalls: number;
}

/** How long it took, by the wall and on a core. */
type Duration = Pick<DatagramSendOutcome, "elapsedMs" | "cpuMicroseconds">;

/** Sends one batch; resolves when the next may be sent. */
type SendBatch = () => Promise<void> | void;

/** Now and then the loop must run, or nobody would hear that the kernel takes datagrams again. */
const BREATHE_EVERY_MS = 5;

/** The clock is read once in so many datagrams. */
const DATAGRAMS_PER_LOOK = 16;

/** Sends as the plan says and closes its socket. */
export async function sendDatagrams(plan: DatagramSendPlan): Promise<DatagramSendOutcome> {
  const { strategy, bytes, run, seed } = plan;
  const batch = new DatagramBatch(strategy.batch, bytes, run, seed);
  return strategy.name.startsWith("Bun") ? sendOnBun(plan, batch) : sendOnReactor(plan, batch);
}

class Source extends DatagramProtocol {
  #resumed: PromiseWithResolvers<void> | null = null;

  get port() {
    return this.transport;
  }

  /** Resolves once the kernel takes datagrams again. */
  resumed(): Promise<void> {
    this.#resumed ??= Promise.withResolvers();
    return this.#resumed.promise;
  }

  override resumeWriting(): void {
    this.#resumed?.resolve();
    this.#resumed = null;
  }
}

async function sendOnReactor(
  plan: DatagramSendPlan,
  batch: DatagramBatch,
): Promise<DatagramSendOutcome> {
  const source = new Source();
  const address = new InternetAddress("udp", plan.host, plan.port);
  const host = address.family === "IPv6" ? "::" : "0.0.0.0";
  await using port = await new BunReactor().listenUDP({ host }, source);
  const { datagrams } = batch;
  const [single] = datagrams;
  const isSingle = plan.strategy.name === "write" && single !== undefined;
  const duration = await sendBatches(plan, batch, async () => {
    const taken = isSingle
      ? source.port.write(single, address)
      : source.port.writeMany(datagrams, address);
    // Also when it was taken: the transport sends it before this goes on.
    await (taken ? undefined : source.resumed());
  });
  const { sent, sends } = port.stats;
  return { written: batch.numbered, sent, systemCalls: sends, ...duration };
}

async function sendOnBun(
  plan: DatagramSendPlan,
  batch: DatagramBatch,
): Promise<DatagramSendOutcome> {
  let sent = 0;
  let systemCalls = 0;
  let resume: (() => void) | null = null;
  const socket = await Bun.udpSocket({
    hostname: plan.host.includes(":") ? "::" : "0.0.0.0",
    // An ICMP error says nothing of what is measured: the receiver counts.
    socket: { drain: () => resume?.(), error() {} },
  });
  const { datagrams } = batch;
  const [single] = datagrams;
  const { host, port } = plan;
  const packets = datagrams.flatMap((datagram) => [datagram, port, host]);
  const isSingle = plan.strategy.name === "Bun send" && single !== undefined;
  const duration = await sendBatches(plan, batch, () => {
    systemCalls++;
    const taken = isSingle ? Number(socket.send(single, port, host)) : socket.sendMany(packets);
    sent += taken;
    if (taken > 0) return;
    return new Promise<void>((resolve) => (resume = resolve));
  });
  socket.close();
  return { written: batch.numbered, sent, systemCalls, ...duration };
}

/** Numbers and sends batches until the plan is fulfilled; returns how long it took. */
async function sendBatches(
  plan: DatagramSendPlan,
  batch: DatagramBatch,
  sendBatch: SendBatch,
): Promise<Duration> {
  const maxDatagrams = Math.min(plan.maxDatagrams, MAX_DATAGRAMS) - plan.strategy.batch;
  const batchesPerLook = Math.max(1, DATAGRAMS_PER_LOOK / plan.strategy.batch);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let breathedAt = startedAt;
  let now = startedAt;
  while (batch.numbered <= maxDatagrams && now - startedAt < plan.durationMs) {
    for (let count = 0; count < batchesPerLook && batch.numbered <= maxDatagrams; count++) {
      batch.number();
      const waits = sendBatch();
      if (waits !== undefined) await waits;
    }
    now = performance.now();
    if (now - breathedAt < BREATHE_EVERY_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    breathedAt = now;
  }
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { elapsedMs, cpuMicroseconds: user + system };
}
