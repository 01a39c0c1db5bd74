import { describe, expect, test } from "bun:test";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";

const reason = namespaceMissingBecause;
const ADDRESSES = ["10.7.0.1", "10.7.0.2", "10.7.0.3"];

describe.skipIf(reason !== null)(
  `BunReactor.listenUDP with perAddress (${reason ?? "in a network namespace"})`,
  () => {
    test("on a host with several addresses each answer leaves from the one that was asked", async () => {
      using namespace = new NetworkNamespace();
      for (const address of ADDRESSES) namespace.configure(`ip addr add ${address}/32 dev lo`);
      const hosts = ["127.0.0.1", ...ADDRESSES];
      const expected = hosts.flatMap((host) =>
        hosts.map(() => ({ asked: host, answered: host, later: host })),
      );
      expect(await namespace.run("per-address-program.ts")).toEqual(expected);
    });
  },
);
