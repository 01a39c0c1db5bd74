import { describe, expect, test } from "bun:test";
import { MultiService, type MultiServiceOptions } from "../../src/application/multi-service.ts";
import { Service } from "../../src/application/service.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

/** Records when it starts and stops, and takes as long as a test lets it. */
class Recorded extends Service {
  readonly #events: string[];
  readonly #steps: { start?: () => Promise<void> | void; stop?: () => Promise<void> | void };

  constructor(
    name: string,
    events: string[],
    steps: { start?: () => Promise<void> | void; stop?: () => Promise<void> | void } = {},
  ) {
    super({ name });
    this.#events = events;
    this.#steps = steps;
  }

  protected override doPrivilegedStart(): void {
    this.#events.push(`prepare ${this.name}`);
  }

  protected override async doStart(): Promise<void> {
    this.#events.push(`start ${this.name}`);
    await this.#steps.start?.();
  }

  protected override async doStop(): Promise<void> {
    this.#events.push(`stop ${this.name}`);
    await this.#steps.stop?.();
    this.#events.push(`stopped ${this.name}`);
  }
}

function multiService(options: Partial<MultiServiceOptions> = {}): MultiService {
  return new MultiService({ clock: new ManualClock(), ...options });
}

/** Lets all promises that are settled be continued, however many follow from each other. */
async function settle(): Promise<void> {
  for (let tick = 0; tick < 50; tick++) await Promise.resolve();
}

describe("Service", () => {
  test("it starts and stops as often as one likes", async () => {
    const events: string[] = [];
    const service = new Recorded("a", events);
    expect(service.state).toBe("stopped");
    for (let round = 0; round < 2; round++) {
      await service.start();
      expect(service.running).toBe(true);
      await service.stop();
      expect(service.running).toBe(false);
    }
    expect(events).toEqual(["start a", "stop a", "stopped a", "start a", "stop a", "stopped a"]);
  });

  test("start when it runs and stop when it does not change nothing", async () => {
    const events: string[] = [];
    const service = new Recorded("a", events);
    await service.stop();
    await Promise.all([service.start(), service.start()]);
    await service.start();
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
    expect(events).toEqual(["start a", "stop a", "stopped a"]);
  });

  test("a stop waits for the start before it, and a start for the stop", async () => {
    const events: string[] = [];
    const starting = Promise.withResolvers<void>();
    const service = new Recorded("a", events, { start: () => starting.promise });
    const all = Promise.all([service.start(), service.stop(), service.start()]);
    expect(service.state).toBe("starting");
    expect(events).toEqual(["start a"]);
    starting.resolve();
    await all;
    expect(events).toEqual(["start a", "stop a", "stopped a", "start a"]);
    expect(service.running).toBe(true);
  });

  test("a stop that is asked for inside of the start comes after it", async () => {
    const events: string[] = [];
    let stopped: Promise<void> | undefined;
    const service: Recorded = new Recorded("a", events, {
      start: () => {
        stopped = service.stop();
      },
    });
    await service.start();
    await stopped;
    expect(events).toEqual(["start a", "stop a", "stopped a"]);
  });

  test("one that cannot start is stopped, and may be started again", async () => {
    const events: string[] = [];
    let failures = 1;
    const service = new Recorded("a", events, {
      start() {
        if (failures-- > 0) throw new Error("port taken");
      },
    });
    await expect(service.start()).rejects.toThrow("port taken");
    expect(service.state).toBe("stopped");
    await service.start();
    expect(service.running).toBe(true);
  });

  test("one that fails to stop says so, and is stopped all the same", async () => {
    const service = new Recorded("a", [], {
      stop() {
        throw new Error("stuck");
      },
    });
    await service.start();
    await expect(service.stop()).rejects.toThrow("stuck");
    expect(service.state).toBe("stopped");
  });

  test("what was only prepared is stopped too", async () => {
    const events: string[] = [];
    const service = new Recorded("a", events);
    await service.privilegedStart();
    expect(service.state).toBe("prepared");
    await service.stop();
    expect(events).toEqual(["prepare a", "stop a", "stopped a"]);
  });

  test("await using stops it", async () => {
    const events: string[] = [];
    {
      await using service = new Recorded("a", events);
      await service.start();
    }
    expect(events).toEqual(["start a", "stop a", "stopped a"]);
  });
});

describe("MultiService", () => {
  test("statement 43: they start in order, each after the one before", async () => {
    const events: string[] = [];
    const first = Promise.withResolvers<void>();
    const all = multiService({
      services: [
        new Recorded("a", events, { start: () => first.promise }),
        new Recorded("b", events),
      ],
    });
    const started = all.start();
    await Promise.resolve();
    expect(events).toEqual(["start a"]);
    first.resolve();
    await started;
    expect(events).toEqual(["start a", "start b"]);
    expect(all.running).toBe(true);
  });

  test("statement 43: they stop in the reverse order, and stop waits for all of them", async () => {
    const events: string[] = [];
    const slow = Promise.withResolvers<void>();
    const all = multiService({
      services: [
        new Recorded("a", events),
        new Recorded("b", events, { stop: () => slow.promise }),
        new Recorded("c", events),
      ],
    });
    await all.start();
    events.length = 0;
    let isStopped = false;
    const stopped = all.stop().then(() => {
      isStopped = true;
    });
    await settle();
    expect(events).toEqual(["stop c", "stopped c", "stop b"]);
    expect(isStopped).toBe(false);
    slow.resolve();
    await stopped;
    expect(events).toEqual(["stop c", "stopped c", "stop b", "stopped b", "stop a", "stopped a"]);
  });

  test("one that does not stop in time is told of, and those before it are stopped", async () => {
    const events: string[] = [];
    const clock = new ManualClock();
    const stuck = new Recorded("b", events, { stop: () => new Promise(() => undefined) });
    const all = multiService({ clock, services: [new Recorded("a", events), stuck] });
    await all.start();
    const stopped = all.stop().catch((error: unknown) => error);
    await settle();
    clock.advance(44_999);
    await settle();
    expect(events).not.toContain("stop a");
    clock.advance(1);
    expect(await stopped).toMatchObject({
      message: 'Waited in vain for the service "b" to stop within 45000 ms',
    });
    expect(events.slice(-2)).toEqual(["stop a", "stopped a"]);
    expect(all.state).toBe("stopped");
    expect(clock.pending).toBe(0);
  });

  test("one inside of another takes as long as those in it may, each for itself", async () => {
    const events: string[] = [];
    const clock = new ManualClock();
    const stop = () => new Promise<void>((resolve) => void clock.callLater(900, resolve));
    const services = ["b", "c", "d"].map((name) => new Recorded(name, events, { stop }));
    const inner = multiService({ clock, stopTimeoutMs: 1_000, services });
    const first = new Recorded("a", events);
    const outer = multiService({ clock, stopTimeoutMs: 1_000, services: [first, inner] });
    await outer.start();
    const stopped = outer.stop();
    for (let round = 0; round < 3; round++) {
      await settle();
      expect(events).not.toContain("stop a");
      clock.advance(900);
    }
    await stopped;
    expect(events.at(-1)).toBe("stopped a");
  });

  test("options that are none are refused", () => {
    const make = (options: unknown) => new MultiService(options as MultiServiceOptions);
    expect(() => make(undefined)).toThrow("MultiService: the options are undefined; an object");
    expect(() => make({})).toThrow("MultiService: clock is undefined; a clock, such as a reactor,");
    expect(() => multiService({ stopTimeoutMs: -1 })).toThrow(
      "stopTimeoutMs is -1; a finite number",
    );
    expect(() => make({ clock: new ManualClock(), service: [] })).toThrow('no option "service"');
  });

  test("statement 43: one that is added to a running parent is started", async () => {
    const events: string[] = [];
    const all = multiService();
    await all.add(new Recorded("a", events));
    expect(events).toEqual([]);
    await all.start();
    await all.add(new Recorded("b", events));
    expect(events).toEqual(["start a", "start b"]);
    await all.stop();
    await all.add(new Recorded("c", events));
    expect(events).not.toContain("start c");
  });

  test("statement 43: one that is added while the parent starts is started with the others", async () => {
    const events: string[] = [];
    const all: MultiService = multiService({
      services: [new Recorded("a", events, { start: () => all.add(new Recorded("b", events)) })],
    });
    await all.start();
    expect(events).toEqual(["start a", "start b"]);
  });

  test("one that is added at whatever moment of a start runs when the parent does", async () => {
    for (let moment = 0; moment < 40; moment++) {
      const events: string[] = [];
      const all = multiService({ services: [new Recorded("a", events)] });
      const started = all.start();
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      const added = new Recorded("b", events);
      await Promise.all([started, all.add(added)]);
      expect(added.running).toBe(true);
      expect(events).toEqual(["start a", "start b"]);
    }
  });

  test("a second service with the same name, and the same one twice, are refused", async () => {
    const service = new Recorded("a", []);
    const all = multiService({ services: [service] });
    await expect(all.add(new Recorded("a", []))).rejects.toThrow('"a": another one is called so');
    await expect(all.add(service)).rejects.toThrow("it is there already");
    expect(() => multiService({ services: [service, service] })).toThrow("there already");
    expect(all.size).toBe(1);
  });

  test("one that cannot start has those before it stopped, and its error is the outcome", async () => {
    const events: string[] = [];
    const fails = () => {
      throw new Error("port taken");
    };
    const all = multiService({
      services: [
        new Recorded("a", events),
        new Recorded("b", events),
        new Recorded("c", events, { start: fails }),
        new Recorded("d", events),
      ],
    });
    await expect(all.start()).rejects.toThrow("port taken");
    expect(events).toEqual([
      ...["start a", "start b", "start c", "stop b", "stopped b", "stop a", "stopped a"],
    ]);
    expect(all.state).toBe("stopped");
    expect([...all].map(({ state }) => state)).toEqual(Array(4).fill("stopped"));
  });

  test("one that was prepared is stopped when another cannot start", async () => {
    const events: string[] = [];
    const fails = () => {
      throw new Error("port taken");
    };
    const all = multiService({
      services: [new Recorded("a", events, { start: fails }), new Recorded("b", events)],
    });
    await all.privilegedStart();
    await expect(all.start()).rejects.toThrow("port taken");
    expect(events).toEqual(["prepare a", "prepare b", "start a", "stop b", "stopped b"]);
  });

  test("what goes wrong in stopping is told when all have stopped, alone or together", async () => {
    const failing = (name: string) => {
      return new Recorded(name, [], {
        stop() {
          throw new Error(`${name} is stuck`);
        },
      });
    };
    const one = multiService({ services: [failing("a"), new Recorded("b", [])] });
    await one.start();
    await expect(one.stop()).rejects.toThrow("a is stuck");
    const two = multiService({ services: [failing("a"), failing("b")] });
    await two.start();
    const error = await two.stop().catch((thrown: unknown) => thrown);
    expect((error as AggregateError).errors.map(String)).toEqual([
      "Error: b is stuck",
      "Error: a is stuck",
    ]);
  });

  test("a failure to start, and one to stop because of it, are told together", async () => {
    const stuck = new Recorded("a", [], { stop: () => Promise.reject(new Error("stuck")) });
    const failing = new Recorded("b", [], { start: () => Promise.reject(new Error("taken")) });
    const all = multiService({ services: [stuck, failing] });
    const error = await all.start().catch((thrown: unknown) => thrown);
    expect((error as AggregateError).errors.map(String)).toEqual(["Error: taken", "Error: stuck"]);
  });

  test("services are found by name, and come in their order", async () => {
    const [a, b] = [new Recorded("a", []), new Recorded("b", [])];
    const all = multiService({ name: "all", services: [a, b] });
    expect(all.get("b")).toBe(b);
    expect(all.get("c")).toBeUndefined();
    expect([...all]).toEqual([a, b]);
  });

  test("one that is removed is stopped, and does not start with the others any more", async () => {
    const events: string[] = [];
    const [a, b] = [new Recorded("a", events), new Recorded("b", events)];
    const all = multiService({ services: [a, b] });
    await all.start();
    await all.remove(a);
    expect(a.running).toBe(false);
    expect([...all]).toEqual([b]);
    await expect(all.remove(a)).rejects.toThrow("it is not there");
    await all.stop();
    await all.start();
    expect(events.filter((event) => event === "start a")).toHaveLength(1);
  });

  test("services may be in each other", async () => {
    const events: string[] = [];
    const inner = multiService({ services: [new Recorded("b", events)] });
    await using outer = multiService({ services: [new Recorded("a", events), inner] });
    await outer.start();
    expect(events).toEqual(["start a", "start b"]);
  });
});
