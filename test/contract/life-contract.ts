import { describe, expect } from "bun:test";
import { AlreadyCalled, AlreadyCancelled } from "../../src/reactor/clock.ts";
import { ReactorNotRunning } from "../../src/reactor/reactor.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  contractTest,
  type ContractEnvironment,
  type ContractSkips,
  type MakeEnvironment,
  rejection,
} from "./contract-environment.ts";

/** How a reactor starts and stops. */
export function lifeContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: running and stopping`, () => {
    const test = contractTest(make, skips);

    test("the phases of a shutdown come in order, and those before are awaited", async (env) => {
      const { reactor } = env;
      const events: string[] = [];
      const add = (phase: "before" | "during" | "after", event: string) =>
        reactor.addSystemEventTrigger(phase, "shutdown", () => events.push(event));
      add("after", "after");
      add("during", "during 1");
      reactor.addSystemEventTrigger("before", "shutdown", async () => {
        await env.passTime(10);
        events.push("before, later");
      });
      add("before", "before");
      add("during", "during 2");
      const run = reactor.run();
      await reactor.stop();
      await run;
      expect(events).toEqual(["before", "before, later", "during 1", "during 2", "after"]);
    });

    test("an error in a trigger is logged and the others still run", async (env) => {
      const { reactor, logger } = env;
      const errors = [new Error("thrown"), new Error("rejected")];
      const events: string[] = [];
      reactor.addSystemEventTrigger("before", "shutdown", () => {
        throw errors[0];
      });
      reactor.addSystemEventTrigger("before", "shutdown", async () => {
        throw errors[1];
      });
      reactor.addSystemEventTrigger("before", "shutdown", () => events.push("before"));
      reactor.addSystemEventTrigger("after", "shutdown", () => events.push("after"));
      const run = reactor.run();
      await reactor.stop();
      await run;
      expect(logger.errors).toEqual(errors);
      expect(events).toEqual(["before", "after"]);
    });

    test("a trigger that was removed does not run, none runs twice", async (env) => {
      const { reactor } = env;
      const events: string[] = [];
      const removed = reactor.addSystemEventTrigger("during", "shutdown", () =>
        events.push("removed"),
      );
      reactor.addSystemEventTrigger("during", "shutdown", () => events.push("kept"));
      removed.remove();
      for (let round = 0; round < 2; round++) {
        const run = reactor.run();
        await reactor.stop();
        await run;
      }
      expect(events).toEqual(["kept"]);
    });

    test("stop closes open connections and ports before the last phase", async (env) => {
      const { reactor } = env;
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      const port = await connect(env, client, server);
      const lostBefore: boolean[] = [];
      reactor.addSystemEventTrigger("after", "shutdown", () => {
        lostBefore.push(server.reason !== null && client.reason !== null);
      });
      const run = reactor.run();
      await reactor.stop();
      await run;
      expect(lostBefore).toEqual([true]);
      expect(port.connections.size).toBe(0);
      expect(server.events.at(-1)).toBe("connectionLost");
    });

    test("stop rejects with ReactorNotRunning unless the reactor runs", async (env) => {
      const { reactor } = env;
      expect(await rejection(reactor.stop())).toBeInstanceOf(ReactorNotRunning);
      const run = reactor.run();
      const stopping = reactor.stop();
      expect(await rejection(reactor.stop())).toBeInstanceOf(ReactorNotRunning);
      await stopping;
      await run;
      expect(await rejection(reactor.stop())).toBeInstanceOf(ReactorNotRunning);
    });

    test("running is true from run until stop has ended, and run may follow again", async (env) => {
      const { reactor } = env;
      expect(reactor.running).toBe(false);
      for (let round = 0; round < 2; round++) {
        const run = reactor.run();
        expect(reactor.running).toBe(true);
        await reactor.stop();
        await run;
        expect(reactor.running).toBe(false);
      }
    });

    test("run rejects while it runs already", async (env) => {
      const { reactor } = env;
      const run = reactor.run();
      expect(await rejection(reactor.run())).toBeInstanceOf(Error);
      await reactor.stop();
      await run;
    });

    test("callWhenRunning calls at once, or when the reactor next runs", async (env) => {
      const { reactor, logger } = env;
      const events: string[] = [];
      const error = new Error("bad start");
      reactor.callWhenRunning(() => {
        throw error;
      });
      reactor.callWhenRunning(() => events.push(`first ${reactor.running}`));
      expect(events).toEqual([]);
      for (let round = 0; round < 2; round++) {
        const run = reactor.run();
        reactor.callWhenRunning(() => events.push(`round ${round}`));
        await reactor.stop();
        await run;
      }
      expect(events).toEqual(["first true", "round 0", "round 1"]);
      expect(logger.errors).toEqual([error]);
    });
  });
}

/** How a reactor keeps time. */
export function timerContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: timed calls`, () => {
    const test = contractTest(make, skips);

    test("a call never runs inside callLater, nor before its time", async (env) => {
      const { reactor } = env;
      let ranAt: number | null = null;
      const madeAt = reactor.now();
      reactor.callLater(20, () => {
        ranAt = reactor.now();
      });
      expect(ranAt).toBeNull();
      await env.passTime(60);
      expect(ranAt).not.toBeNull();
      expect((ranAt ?? 0) - madeAt).toBeGreaterThanOrEqual(20);
    });

    test("calls of equal time run in the order they were made", async (env) => {
      const order = await sequence(env, (call) => {
        for (let index = 0; index < 100; index++) call(0, index);
      });
      expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
    });

    test("calls run in the order of their times", async (env) => {
      const order = await sequence(env, (call) => {
        for (const delay of [40, 10, 30, 20]) call(delay, delay);
      });
      expect(order).toEqual([10, 20, 30, 40]);
    });

    test("a delay that is negative or not finite is refused", async ({ reactor }) => {
      for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => reactor.callLater(delay, () => undefined)).toThrow(RangeError);
      }
    });

    test("a cancelled call does not run, and cannot be cancelled again", async (env) => {
      const order = await sequence(env, (call) => {
        const cancelled = call(5, 1);
        call(10, 2);
        cancelled.cancel();
        expect(cancelled.active).toBe(false);
        expect(() => cancelled.cancel()).toThrow(AlreadyCancelled);
        expect(() => cancelled.reset(1)).toThrow(AlreadyCancelled);
      });
      expect(order).toEqual([2]);
    });

    test("a call that has run can be neither cancelled nor moved", async (env) => {
      const { reactor } = env;
      const call = reactor.callLater(1, () => undefined);
      await env.passTime(20);
      expect(call.active).toBe(false);
      expect(() => call.cancel()).toThrow(AlreadyCalled);
      expect(() => call.reset(1)).toThrow(AlreadyCalled);
      expect(() => call.delay(1)).toThrow(AlreadyCalled);
    });

    test("reset counts from now, delay from when it was due", async (env) => {
      const order = await sequence(env, (call) => {
        const first = call(10, 1);
        const second = call(20, 2);
        call(30, 3);
        first.delay(25);
        second.reset(45);
        expect(second.time).toBeGreaterThan(first.time);
      });
      expect(order).toEqual([3, 1, 2]);
    });

    test("a call made inside another runs after those due already", async (env) => {
      const { reactor } = env;
      const events: string[] = [];
      reactor.callLater(5, () => {
        reactor.callLater(0, () => events.push("inner"));
        events.push("outer");
      });
      reactor.callLater(5, () => events.push("second"));
      await env.passTime(20);
      await env.passTime(20);
      expect(events).toEqual(["outer", "second", "inner"]);
    });

    test("an error in a call is logged, and later calls run", async (env) => {
      const error = new Error("in a timed call");
      const order = await sequence(env, (call) => {
        env.reactor.callLater(1, () => {
          throw error;
        });
        call(1, 1);
        call(2, 2);
      });
      expect(order).toEqual([1, 2]);
      expect(env.logger.errors).toEqual([error]);
    });

    test("using takes a call back", async (env) => {
      let ran = false;
      {
        using _call = env.reactor.callLater(5, () => {
          ran = true;
        });
      }
      await env.passTime(20);
      expect(ran).toBe(false);
    });

    test("what a timed call writes is sent when it returns", async (env) => {
      const [client, server] = [new RecordingProtocol(), new RecordingProtocol()];
      await connect(env, client, server);
      env.reactor.callLater(5, () => {
        client.connection.write("tick");
        client.connection.write("tock");
      });
      await env.passTime(30);
      await server.receives(8);
      expect(client.connection.stats.sends).toBe(1);
    });
  });
}

/** Makes calls that note their numbers, and resolves with the numbers after the calls have run. */
async function sequence(
  env: ContractEnvironment,
  make: (
    call: (
      delayMs: number,
      number: number,
    ) => ReturnType<ContractEnvironment["reactor"]["callLater"]>,
  ) => void,
): Promise<number[]> {
  const order: number[] = [];
  make((delayMs, number) => env.reactor.callLater(delayMs, () => order.push(number)));
  await env.passTime(100);
  return order;
}
