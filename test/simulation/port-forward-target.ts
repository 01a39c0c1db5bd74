import { expect } from "bun:test";
import { Echo } from "../../src/protocols/echo.ts";
import { portForward } from "../../src/protocols/port-forward.ts";
import type { StreamClientEndpoint } from "../../src/reactor/endpoint.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { RandomClient } from "./random-client.ts";
import { HOST, PORT, type Target } from "./target.ts";

const FORWARDED_PORT = 8;

/** Small, so that one side is soon paused for the other. */
const WRITE_LIMITS = { low: 20, high: 100, max: 65_536 };

/** A client that is forwarded to an echo server, over two connections that each may break. */
export const PORT_FORWARD_TARGET: Target = {
  name: "port-forward",
  async scenario(network) {
    const options = { host: HOST, port: PORT, writeLimits: WRITE_LIMITS };
    const target: StreamClientEndpoint = {
      connect: (factory, more) => network.connectTCP({ ...options, ...more }, factory),
    };
    const client = new RandomClient(network);
    network.atEnd(() => {
      const { received, sent, ending } = client;
      expect(received.equals(sent.subarray(0, received.length))).toBe(true);
      if (network.endedWell && ending === "half-close") expect(received.length).toBe(sent.length);
    });
    await network.listenTCP({ host: HOST, port: PORT }, Factory.forProtocol(Echo));
    await network.listenTCP({ ...options, port: FORWARDED_PORT }, portForward(target));
    await network.connectTCP({ host: HOST, port: FORWARDED_PORT }, new Factory(() => client));
  },
};
