import { describe, expect, test } from "bun:test";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";

const reason = namespaceMissingBecause;

describe.skipIf(reason !== null)(
  `BunReactor: datagrams without a route (${reason ?? "in a network namespace"})`,
  () => {
    test.each([
      ["10.2.3.4", "ENETUNREACH", "libc"],
      ["10.2.3.4", "ENETUNREACH", "without-libc"],
      ["10.1.2.3", "EHOSTUNREACH", "libc"],
      ["239.1.1.1", "ENETUNREACH", "libc"],
      ["10.3.0.1", "EACCES", "libc"],
    ])("to %s: told as %s and counted, the others arrive; %s", async (host, code, libc) => {
      using namespace = new NetworkNamespace();
      namespace.configure("ip route add unreachable 10.1.0.0/16");
      namespace.configure("ip route add prohibit 10.3.0.0/16");
      expect(await namespace.run("no-route-datagrams-program.ts", host, libc)).toEqual({
        received: ["here"],
        sent: 1,
        failed: 2,
        codes: [code, code],
      });
    });
  },
);
