/**
 * Runs a reactor until a signal stops it, and leaves something undone that would go on without end
 * if the reactor did. The argument says what.
 */
import { ClientService } from "../../src/application/client-service.ts";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { TCPClientEndpoint } from "../../src/endpoints/tcp-endpoints.ts";
import { Discard } from "../../src/protocols/discard.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { LoopingCall } from "../../src/task/looping-call.ts";
import { sleep } from "../../src/task/sleep.ts";

const HOUR_MS = 3_600_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

const reactor = new BunReactor({ logger: { warn() {}, error() {} } });
const discard = Factory.forProtocol(Discard);
const own = await reactor.listenTCP({}, discard);

const LEFTOVERS: Readonly<Record<string, () => unknown>> = {
  "a call": () => reactor.callLater(HOUR_MS, () => undefined),
  "a looping call": () => new LoopingCall(reactor, () => undefined).start(10),
  "a looping call that waits": () =>
    new LoopingCall(reactor, () => Bun.sleep(50)).start(10, { now: true }),
  "a sleeper": () => sleep(reactor, HOUR_MS),
  "a client that is connected": () => startClient(own.host.port),
  // Port 9 of this host has nobody listening.
  "a client that comes back": () => startClient(9),
  "a port that a trigger opens": () =>
    reactor.addSystemEventTrigger("during", "shutdown", () => reactor.listenTCP({}, discard)),
  "a port that a trigger opens late": () =>
    reactor.addSystemEventTrigger("during", "shutdown", async () => {
      await Bun.sleep(50);
      await reactor.listenTCP({}, discard);
    }),
  "a trigger that never settles": () =>
    reactor.addSystemEventTrigger("during", "shutdown", () => new Promise(() => undefined)),
};

async function startClient(port: number): Promise<void> {
  const endpoint = new TCPClientEndpoint(reactor, { host: "127.0.0.1", port });
  const service = new ClientService(endpoint, discard, { clock: reactor, retry: () => 10 });
  await service.start();
}

const ready = Promise.withResolvers<void>();
reactor.callWhenRunning(ready.resolve);
const run = reactor.run();
await ready.promise;
void LEFTOVERS[process.argv[2] ?? ""]?.();
reactor.callLater(30, () => say("ready"));
await run;
say("finished");
