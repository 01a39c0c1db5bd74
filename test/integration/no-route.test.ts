import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";

const reason =
  namespaceMissingBecause ?? (libcOrNull() === null ? "libc tells the true cause" : null);

describe.skipIf(reason !== null)(
  `BunReactor.connectTCP (${reason ?? "in a network namespace"})`,
  () => {
    test("no route: NoRouteError with ENETUNREACH or EHOSTUNREACH, whichever is true", async () => {
      using namespace = new NetworkNamespace();
      namespace.configure("ip route add unreachable 10.1.0.0/16");
      expect(await namespace.run("connect-program.ts", "libc", "10.2.3.4:7", "10.1.2.3:7")).toEqual(
        {
          outcomes: [
            {
              name: "NoRouteError",
              code: "ENETUNREACH",
              message: "Cannot connect to tcp 10.2.3.4:7: ENETUNREACH",
            },
            {
              name: "NoRouteError",
              code: "EHOSTUNREACH",
              message: "Cannot connect to tcp 10.1.2.3:7: EHOSTUNREACH",
            },
          ],
          leaked: 0,
        },
      );
    });

    test("a neighbour that never answers: NoRouteError, told later", async () => {
      using namespace = new NetworkNamespace();
      namespace.configure("ip link add near type veth peer name far");
      namespace.configure("ip addr add 10.9.0.1/24 dev near");
      namespace.configure("ip link set near up");
      namespace.configure("ip link set far up");
      namespace.configure("sysctl -qw net.ipv4.neigh.near.mcast_solicit=1");
      namespace.configure("sysctl -qw net.ipv4.neigh.near.retrans_time_ms=50");
      expect(await namespace.run("connect-program.ts", "libc", "10.9.0.7:7")).toMatchObject({
        outcomes: [{ name: "NoRouteError", code: "EHOSTUNREACH" }],
        leaked: 0,
      });
    });

    test("a lookup that nobody answers holds up nothing, and ends with the timeout", async () => {
      using namespace = new NetworkNamespace();
      namespace.configure("ip link add near type veth peer name far");
      namespace.configure("ip addr add 10.9.0.1/24 dev near");
      namespace.configure("ip link set near up");
      namespace.configure("ip link set far up");
      namespace.configure("ip neigh add 10.9.0.53 lladdr 02:00:00:00:00:01 dev near");
      namespace.useResolver("10.9.0.53");
      const outcome = (await namespace.run("hanging-lookup-program.ts")) as {
        name: string;
        ticks: number;
      };
      expect(outcome.name).toBe("TimeoutError");
      // It would be one, or two, if the runtime waited for the answer.
      expect(outcome.ticks).toBeGreaterThan(5);
    });

    test("a packet filter that forbids it: ConnectError with the system's code", async () => {
      using namespace = new NetworkNamespace();
      namespace.configure("ip route add prohibit 10.3.0.0/16");
      expect(await namespace.run("connect-program.ts", "libc", "10.3.0.1:7")).toMatchObject({
        outcomes: [{ name: "ConnectError", code: "EACCES" }],
        leaked: 0,
      });
    });

    test("without libc it still fails, though the runtime calls the cause something else", async () => {
      using namespace = new NetworkNamespace();
      const { outcomes } = (await namespace.run(
        "connect-program.ts",
        "without-libc",
        "10.2.3.4:7",
      )) as { outcomes: { name: string; message: string }[] };
      expect(outcomes).toHaveLength(1);
      expect(outcomes[0]?.name).toMatch(/^(ConnectionRefusedError|NoRouteError)$/);
      expect(outcomes[0]?.message).toStartWith("Cannot connect to tcp 10.2.3.4:7: ");
    });
  },
);
