import { describe, expect, test } from "bun:test";
import type { DatagramPort } from "../../src/reactor/listening-port.ts";
import { ReactorNotRunning } from "../../src/reactor/reactor.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { NO_TLS } from "../../src/testing/no-tls.ts";
import { ReactorBooks } from "../../src/transport/reactor-books.ts";
import { Turn } from "../../src/transport/turn.ts";

function books() {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const turn = new Turn({ soon: queueMicrotask, nextTurn: setImmediate }, logger);
  return { clock, logger, opened: new ReactorBooks({ turn, clock, logger, tls: NO_TLS }) };
}

/** A port that only counts how often it is stopped. */
class CountedPort {
  stops = 0;
  readonly host = "a port";
  readonly #fault: Error | undefined;

  constructor(fault?: Error) {
    this.#fault = fault;
  }

  get port(): DatagramPort {
    return this as unknown as DatagramPort;
  }

  async stopListening(): Promise<void> {
    this.stops++;
    if (this.#fault !== undefined) throw this.#fault;
  }
}

describe("ReactorBooks", () => {
  test("what cannot be closed is logged, and the rest is closed", async () => {
    const { clock, logger, opened } = books();
    const [cancelFault, stopFault] = [new Error("no cancel"), new Error("no stop")];
    const [bad, good] = [new CountedPort(stopFault), new CountedPort()];
    let cancelled = 0;
    const cancel = () => {
      if (++cancelled === 1) throw cancelFault;
    };
    opened.connecting.add({ cancel }).add({ cancel: () => cancel() });
    await opened.addDatagramPort(async () => bad.port);
    await opened.addDatagramPort(async () => good.port);
    await opened.close(clock);
    expect(logger.errors).toEqual([cancelFault, stopFault]);
    expect([cancelled, bad.stops, good.stops]).toEqual([2, 1, 1]);
  });

  test("a port that never opens is not waited for longer than 5 s, and then refused", async () => {
    const { clock, logger, opened } = books();
    const opening = Promise.withResolvers<DatagramPort>();
    const late = new CountedPort();
    const added = opened.addDatagramPort(() => opening.promise).catch((error: unknown) => error);
    const closed = opened.close(clock);
    clock.advance(5_000);
    await closed;
    expect(logger.reports.map(({ message }) => message)).toEqual([
      "not all that a reactor had open has closed within 5000 ms",
    ]);
    opening.resolve(late.port);
    expect(await added).toBeInstanceOf(ReactorNotRunning);
    expect(late.stops).toBe(1);
  });

  test("closed, it takes nothing until it is opened again", async () => {
    const { clock, opened } = books();
    await opened.close(clock);
    expect(() => opened.mustBeOpen()).toThrow(ReactorNotRunning);
    const port = new CountedPort();
    const refused = opened.addDatagramPort(async () => port.port);
    await expect(refused).rejects.toBeInstanceOf(ReactorNotRunning);
    opened.open();
    expect(await opened.addDatagramPort(async () => port.port)).toBe(port.port);
  });
});
