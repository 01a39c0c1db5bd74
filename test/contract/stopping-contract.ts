import { describe, expect } from "bun:test";
import { AlreadyCancelled } from "../../src/reactor/clock.ts";
import { ConnectionRefusedError } from "../../src/reactor/connect-error.ts";
import { DatagramProtocol } from "../../src/reactor/datagram-protocol.ts";
import { ReactorNotRunning } from "../../src/reactor/reactor.ts";
import { LoopingCall } from "../../src/task/looping-call.ts";
import { sleep } from "../../src/task/sleep.ts";
import { RecordingProtocol } from "../transport/recording-protocol.ts";
import {
  connect,
  type ContractEnvironment,
  type ContractSkips,
  contractTest,
  factoryOf,
  type MakeEnvironment,
  portOf,
  rejection,
} from "./contract-environment.ts";

/** Longer than any call that a test here makes has to wait. */
const LONG_MS = 50;

/** What a reactor that stops leaves behind, which is nothing, and what it may do afterwards. */
export function stoppingContract(name: string, make: MakeEnvironment, skips: ContractSkips) {
  describe(`${name}: what is left after stop`, () => {
    const test = contractTest(make, skips);

    test("calls still to come are cancelled", async (env) => {
      const { reactor } = env;
      const ran: string[] = [];
      const before = reactor.callLater(LONG_MS, () => ran.push("made before run"));
      const run = reactor.run();
      const during = reactor.callLater(LONG_MS, () => ran.push("made while it ran"));
      reactor.addSystemEventTrigger("after", "shutdown", () => {
        reactor.callLater(0, () => ran.push("made in the last phase"));
      });
      await reactor.stop();
      await run;
      expect([before.active, during.active]).toEqual([false, false]);
      expect(() => before.cancel()).toThrow(AlreadyCancelled);
      expect(() => during.reset(1)).toThrow(AlreadyCancelled);
      await env.passTime(2 * LONG_MS);
      await runOnce(env);
      expect(ran).toEqual([]);
    });

    test("calls come as always while it stops", async (env) => {
      const { reactor } = env;
      const events: string[] = [];
      reactor.addSystemEventTrigger("before", "shutdown", async () => {
        const slept = sleep(reactor, 5);
        await env.passTime(10);
        await slept;
        events.push("before");
      });
      reactor.addSystemEventTrigger("after", "shutdown", () => events.push("after"));
      await runOnce(env);
      expect(events).toEqual(["before", "after"]);
    });

    test("a looping call makes no more calls, and can be stopped and started again", async (env) => {
      const { reactor } = env;
      let calls = 0;
      const loop = new LoopingCall(reactor, () => calls++);
      const first = loop.start(5);
      await runOnce(env);
      const callsBefore = calls;
      await env.passTime(LONG_MS);
      expect(calls).toBe(callsBefore);
      loop.stop();
      await first;
      const run = reactor.run();
      const second = loop.start(5);
      await env.passTime(LONG_MS);
      expect(calls).toBeGreaterThan(callsBefore + 1);
      loop.stop();
      await second;
      await reactor.stop();
      await run;
    });

    test("a call made after stop waits for the next run, and is late then", async (env) => {
      const { reactor } = env;
      const ran: string[] = [];
      await runOnce(env);
      reactor.callLater(2 * LONG_MS, () => ran.push("due later"));
      reactor.callLater(10, () => ran.push("overdue second"));
      const call = reactor.callLater(0, () => ran.push("overdue first"));
      const cancelled = reactor.callLater(0, () => ran.push("cancelled"));
      await env.passTime(LONG_MS);
      expect(ran).toEqual([]);
      expect(call.active).toBe(true);
      cancelled.cancel();
      const run = reactor.run();
      expect(ran).toEqual([]);
      await env.passTime(10);
      await env.passTime(2 * LONG_MS);
      expect(ran).toEqual(["overdue first", "overdue second", "due later"]);
      expect(call.active).toBe(false);
      await reactor.stop();
      await run;
    });

    for (const [what, open] of Object.entries(OPENINGS)) {
      test(`${what} is refused from the closing until the next run`, async (env) => {
        const { reactor } = env;
        let inLastPhase: Promise<unknown> = Promise.resolve();
        reactor.addSystemEventTrigger("after", "shutdown", () => {
          inLastPhase = rejection(open(env));
        });
        await runOnce(env);
        expect(await inLastPhase).toBeInstanceOf(ReactorNotRunning);
        expect(await rejection(open(env))).toBeInstanceOf(ReactorNotRunning);
      });
    }

    test("a port that stop closed listens again in the next run, and not before", async (env) => {
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      await runOnce(env);
      expect(await rejection(port.startListening())).toBeInstanceOf(ReactorNotRunning);
      const run = reactor.run();
      await port.startListening();
      const client = new RecordingProtocol();
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
      await reactor.stop();
      await run;
      expect(client.events).toEqual(["connectionMade", "connectionLost"]);
    });

    test("a port that is about to open when the closing begins does not stay open", async (env) => {
      const { reactor, host, logger } = env;
      let opening: Promise<unknown> = Promise.resolve();
      reactor.addSystemEventTrigger("during", "shutdown", () => {
        opening = reactor.listenTCP({ host }, factoryOf());
      });
      await runOnce(env);
      const run = reactor.run();
      const options = { host, port: portOf((await opening) as { readonly host: unknown }) };
      const refused = await rejection(reactor.connectTCP(options, factoryOf()));
      expect(refused).toBeInstanceOf(ConnectionRefusedError);
      expect(logger.reports).toEqual([]);
      await reactor.stop();
      await run;
    });

    test("a UDP port that is about to open then is closed, and refused", async (env) => {
      const { reactor, host } = env;
      const protocol = new RecordingDatagrams();
      let opening: Promise<unknown> = Promise.resolve();
      reactor.addSystemEventTrigger("during", "shutdown", () => {
        opening = rejection(reactor.listenUDP({ host }, protocol));
      });
      await runOnce(env);
      expect(await opening).toBeInstanceOf(ReactorNotRunning);
      expect(protocol.events).toEqual(["startProtocol", "stopProtocol"]);
    });

    test("a trigger of before that never settles is not waited for longer than told", async (env) => {
      const { reactor, logger } = env;
      const events: string[] = [];
      reactor.addSystemEventTrigger("before", "shutdown", () => new Promise(() => undefined));
      reactor.addSystemEventTrigger("after", "shutdown", () => events.push("after"));
      const run = reactor.run();
      const stopped = reactor.stop();
      await env.passTime(env.stopTimeoutMs + LONG_MS);
      await stopped;
      await run;
      expect(events).toEqual(["after"]);
      expect(logger.reports).toHaveLength(1);
    });

    test("stop may be called anywhere, several times over, and nobody is hurt", async (env) => {
      const { reactor, logger } = env;
      const stop = () => void reactor.stop();
      const client = new RecordingProtocol({ connectionLost: stop });
      const server = new RecordingProtocol({ dataReceived: stop, connectionLost: stop });
      for (const phase of ["before", "during", "after"] as const) {
        reactor.addSystemEventTrigger(phase, "shutdown", stop);
      }
      const run = reactor.run();
      await connect(env, client, server);
      client.connection.write("stop");
      await run;
      expect(reactor.running).toBe(false);
      expect([client.events, server.events]).toEqual([
        ["connectionMade", "connectionLost"],
        ["connectionMade", "dataReceived", "connectionLost"],
      ]);
      expect(logger.reports).toEqual([]);
    });

    test("stop in connectionMade ends the connection and the run", async (env) => {
      const { reactor, host } = env;
      const port = await reactor.listenTCP({ host }, factoryOf(new RecordingProtocol()));
      const client = new RecordingProtocol({ connectionMade: () => reactor.stop() });
      const run = reactor.run();
      await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
      await run;
      expect(client.events).toEqual(["connectionMade", "connectionLost"]);
    });
  });
}

/** Every way to open something. */
const OPENINGS: Readonly<Record<string, (env: ContractEnvironment) => Promise<unknown>>> = {
  listenTCP: ({ reactor, host }) => reactor.listenTCP({ host }, factoryOf()),
  connectTCP: ({ reactor, host }) => reactor.connectTCP({ host, port: 9 }, factoryOf()),
  listenUNIX: ({ reactor, path }) => reactor.listenUNIX({ path }, factoryOf()),
  connectUNIX: ({ reactor, path }) => reactor.connectUNIX({ path }, factoryOf()),
  listenUDP: ({ reactor, host }) => reactor.listenUDP({ host }, new RecordingDatagrams()),
};

class RecordingDatagrams extends DatagramProtocol {
  readonly events: string[] = [];

  override startProtocol(): void {
    this.events.push("startProtocol");
  }

  override stopProtocol(): void {
    this.events.push("stopProtocol");
  }
}

async function runOnce({ reactor }: ContractEnvironment): Promise<void> {
  const run = reactor.run();
  await reactor.stop();
  await run;
}
