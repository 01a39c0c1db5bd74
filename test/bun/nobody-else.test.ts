/**
 * Whoever fails, fails alone: after each of these misfortunes of one connection, another one of the
 * same reactor is served as before, and so is a new one.
 */
import { describe, expect, test } from "bun:test";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { Echo } from "../../src/protocols/echo.ts";
import { LineReceiver } from "../../src/protocols/line-receiver.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";
import { MemoryLogger } from "../../src/testing/memory-logger.ts";
import { LOCALHOST } from "../fixtures/tls-fixtures.ts";
import { openDescriptors } from "../native/open-descriptors.ts";
import { RawPeer } from "../raw-peer.ts";

/** An object that throws whatever is asked of it. */
function hostile(): object {
  const fail = () => {
    throw new Error("do not touch");
  };
  return new Proxy(
    {},
    { get: fail, getPrototypeOf: fail, ownKeys: fail, has: fail, getOwnPropertyDescriptor: fail },
  );
}

function overflow(depth = 0): number {
  return overflow(depth + 1) + 1;
}

type Misfortune = (me: Unfortunate) => unknown;

const MISFORTUNES: Readonly<Record<string, Misfortune>> = {
  "an object is thrown that throws when it is looked at": () => {
    throw hostile();
  },
  "an error is thrown whose message throws": () => {
    throw Object.defineProperty(new Error(), "message", { get: () => overflow() });
  },
  "an object is thrown that throws when it is printed": () => {
    throw { [Symbol.for("nodejs.util.inspect.custom")]: () => overflow() };
  },
  "a promise is rejected with such an object": async () => {
    throw hostile();
  },
  "a callback's result throws when it is looked at": () => hostile(),
  "the stack overflows": () => overflow(),
  "the stack overflows in a write": (me) => {
    const deeper = (): void => {
      me.connection.write("x");
      deeper();
    };
    deeper();
  },
  "a callback cannot even be looked up": (me) => {
    const get = () => {
      throw new Error("no callbacks here");
    };
    Object.defineProperty(me, "pauseWriting", { get });
    Object.defineProperty(me, "resumeWriting", { get });
    me.connection.write(Buffer.alloc(32 * 1_048_576));
  },
  "startTLS is given a server name that is none": async (me) => {
    await me.connection.startTLS({ side: "client", serverName: "local\0host" });
  },
  "startTLS is given options that throw": async (me) => {
    const get = () => {
      throw new Error("no alpn here");
    };
    const options = Object.defineProperty({ side: "server", ...LOCALHOST }, "alpnProtocols", {
      get,
    });
    await me.connection.startTLS(options as never);
  },
  "a chunk that waits behind another is transferred": (me) => {
    const chunk = new Uint8Array(20_000);
    me.connection.write("a");
    me.connection.write(chunk);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  },
  "a chunk that waits alone is transferred": (me) => {
    const chunk = new Uint8Array(30_000);
    me.connection.write(chunk);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  },
};

class Unfortunate extends Protocol {
  readonly lost = Promise.withResolvers<CloseReason>();
  readonly #misfortune: Misfortune;

  constructor(misfortune: Misfortune) {
    super();
    this.#misfortune = misfortune;
  }

  get connection() {
    return this.transport;
  }

  override dataReceived(): void {
    return this.#misfortune(this) as void;
  }

  override connectionLost(reason: CloseReason): void {
    this.lost.resolve(reason);
  }
}

/** Sends `text` to an echo and waits for it. */
async function echoed(peer: RawPeer, text: string): Promise<string> {
  const before = peer.receivedBytes;
  await peer.send(text);
  await peer.receives(before + text.length);
  return peer.received.subarray(before).toString();
}

describe("One connection fails and no other", () => {
  for (const [name, misfortune] of Object.entries(MISFORTUNES)) {
    test(name, async () => {
      const descriptors = openDescriptors();
      const reactor = new BunReactor({ logger: new MemoryLogger() });
      const victim = new Unfortunate(misfortune);
      {
        await using echo = await reactor.listenTCP({}, Factory.forProtocol(Echo));
        await using port = await reactor.listenTCP({}, new Factory(() => victim));
        using neighbour = await RawPeer.connect({ port: echo.host.port });
        using peer = await RawPeer.connect({ port: port.host.port });
        expect(await echoed(neighbour, "before")).toBe("before");
        await peer.send("now");
        expect(await victim.lost.promise).toMatchObject({ kind: "lost" });
        expect(await echoed(neighbour, "after")).toBe("after");
        using newcomer = await RawPeer.connect({ port: echo.host.port });
        expect(await echoed(newcomer, "new")).toBe("new");
        for (const each of [neighbour, newcomer]) each.sendFIN();
        await Promise.all([neighbour.end(), newcomer.end()]);
        expect([port.connections.size, echo.connections.size]).toEqual([0, 0]);
      }
      expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
    });
  }
});

/** Hands over to another of itself at every line, with what is left. */
class Relay extends LineReceiver {
  readonly #lines: string[];

  constructor(lines: string[]) {
    super();
    this.#lines = lines;
  }

  override lineReceived(line: Buffer): void {
    this.#lines.push(line.toString());
    this.sendLine(line);
    this.transport.switchProtocol(new Relay(this.#lines), this.clearLineBuffer());
  }
}

test("A protocol that hands over at each of 16,000 lines of one write overflows no stack", async () => {
  const reactor = new BunReactor({ logger: new MemoryLogger() });
  const lines: string[] = [];
  await using echo = await reactor.listenTCP({}, Factory.forProtocol(Echo));
  await using port = await reactor.listenTCP({}, new Factory(() => new Relay(lines)));
  using neighbour = await RawPeer.connect({ port: echo.host.port });
  using peer = await RawPeer.connect({ port: port.host.port });
  const sent = Array.from({ length: 16_000 }, (_, index) => String(index % 10));
  await peer.send(sent.map((line) => `${line}\r\n`).join(""));
  await peer.receives(3 * sent.length);
  expect(lines).toEqual(sent);
  expect(await echoed(neighbour, "after")).toBe("after");
  peer.sendFIN();
  await peer.end();
});
