import { expect, test } from "bun:test";
import type { InternetAddress } from "../../src/reactor/address.ts";
import { Factory } from "../../src/reactor/factory.ts";
import type { ListeningPort } from "../../src/reactor/listening-port.ts";
import type { Protocol } from "../../src/reactor/protocol.ts";
import type { Reactor } from "../../src/reactor/reactor.ts";
import type { StreamOptions } from "../../src/reactor/stream-transport.ts";
import type { MemoryLogger } from "../../src/testing/memory-logger.ts";

/** What a contract test runs in: a reactor of its own, and what only the kind of reactor knows. */
export interface ContractEnvironment {
  readonly reactor: Reactor;
  /** The reactor's logger. */
  readonly logger: MemoryLogger;
  /** An IPv4 address to listen at and connect to. */
  readonly host: string;
  /** Where nobody ever answers. */
  readonly silent: { readonly host: string; readonly port: number };
  /** A path for a UNIX socket, unused so far. */
  readonly path: string;
  /** How long the reactor waits at most for what is to be done before it stops. */
  readonly stopTimeoutMs: number;
  /** Lets about this much time pass, whether the reactor runs or not. */
  passTime(ms: number): Promise<void>;
  /** Called when the test is over and the reactor has stopped. */
  close?(): void | Promise<void>;
}

/** Makes a new environment for each test. */
export type MakeEnvironment = () => ContractEnvironment | Promise<ContractEnvironment>;

/** Why a reactor does not run some tests, by their titles. */
export type ContractSkips = Readonly<Record<string, string>>;

/** Declares one test of a contract. */
export type ContractTest = (
  title: string,
  body: (env: ContractEnvironment) => Promise<void>,
) => void;

/** A `test` that gives each test an environment, and stops its reactor afterwards. */
export function contractTest(make: MakeEnvironment, skips: ContractSkips): ContractTest {
  return (title, body) => {
    const reason = skips[title];
    if (reason !== undefined) {
      test.skip(`${title} (skipped: ${reason})`, () => undefined);
      return;
    }
    test(title, async () => {
      const env = await make();
      try {
        await body(env);
      } finally {
        await stopped(env.reactor);
        await env.close?.();
      }
    });
  };
}

/** Ends whatever a test left open. */
async function stopped(reactor: Reactor): Promise<void> {
  if (!reactor.running) {
    const run = reactor.run();
    await reactor.stop();
    await run;
  } else {
    await reactor.stop();
  }
}

/** The port number of a TCP or UDP port. */
export function portOf(port: { readonly host: unknown }): number {
  return (port.host as InternetAddress).port;
}

/** A factory whose next protocols are `protocols`, one each; it refuses when they are used up. */
export function factoryOf<P extends Protocol>(...protocols: P[]): Factory<P> {
  const left = [...protocols];
  return new Factory(() => left.shift() ?? null);
}

/** Listens with `server`, connects `client`, and waits until both are connected. */
export async function connect(
  env: ContractEnvironment,
  client: Protocol,
  server: Protocol & { until(check: () => boolean): Promise<void>; readonly events: string[] },
  options: StreamOptions = {},
): Promise<ListeningPort> {
  const { reactor, host } = env;
  const port = await reactor.listenTCP({ host, ...options }, factoryOf(server));
  await reactor.connectTCP({ host, port: portOf(port), ...options }, factoryOf(client));
  await server.until(() => server.events.length > 0);
  return port;
}

/**
 * Connects to a port that may end the connection at once: a client then learns of it either when
 * it connects or right afterwards, as the network has it. Resolves when it has learnt of it.
 */
export async function connectAndLose(
  { reactor, host }: ContractEnvironment,
  port: ListeningPort,
  client: Protocol & { lost(): Promise<unknown> },
): Promise<void> {
  try {
    await reactor.connectTCP({ host, port: portOf(port) }, factoryOf(client));
  } catch (error) {
    expect(error).toMatchObject({ name: "ConnectError", code: "ECONNRESET" });
    return;
  }
  await client.lost();
}

/** What `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return expect.unreachable("It resolved, and should have rejected");
}

/** `length` bytes that show what is missing, doubled or out of order. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 7 + (index >> 8)) & 0xff;
  return bytes;
}
