import { describe, expect, test } from "bun:test";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";

const reason = namespaceMissingBecause ?? slowNetworkMissingBecause();

/** A network whose loopback takes a quarter of a megabyte a second, and soon says it is full. */
function slowNetwork(): NetworkNamespace {
  const namespace = new NetworkNamespace();
  namespace.configure("tc qdisc add dev lo root tbf rate 2mbit burst 20kb limit 10mb");
  return namespace;
}

function slowNetworkMissingBecause(): string | null {
  try {
    slowNetwork()[Symbol.dispose]();
    return null;
  } catch (error) {
    return `a line cannot be made slow: ${error}`;
  }
}

const EVEN = { refused: true, balanced: true, failed: 0, arrived: true, inOrder: true, errors: [] };

describe.skipIf(reason !== null)(
  `BunReactor: a storm of datagrams over a slow line (${reason ?? "in a network namespace"})`,
  () => {
    test.each(["libc", "without-libc"])(
      "dropped and counted when the kernel's buffer is full, writing goes on after; %s",
      async (libc) => {
        using namespace = slowNetwork();
        const result = await namespace.run("datagram-storm-program.ts", "drop", libc);
        expect(result).toMatchObject({ ...EVEN, lost: true });
      },
    );

    test.each(["libc", "without-libc"])(
      'whenFull: "queue": all of them arrive, in order, once there is room; %s',
      async (libc) => {
        using namespace = slowNetwork();
        const result = await namespace.run("datagram-storm-program.ts", "queue", libc);
        expect(result).toMatchObject({ ...EVEN, lost: false });
      },
    );
  },
);
