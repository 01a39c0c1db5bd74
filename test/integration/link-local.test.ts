import { describe, expect, test } from "bun:test";
import { libcOrNull } from "../../src/native/libc.ts";
import { NetworkNamespace, namespaceMissingBecause } from "./network-namespace.ts";

const reason = namespaceMissingBecause ?? (libcOrNull() === null ? "libc tells the zone" : null);

/** Two interfaces of one link; node's test for an IPv6 address refuses their names as zones. */
function linked(): NetworkNamespace {
  const namespace = new NetworkNamespace();
  namespace.configure("ip link add near_0 index 77 type veth peer name far_0");
  for (const [name, address] of [
    ["near_0", "fe80::1"],
    ["far_0", "fe80::2"],
  ]) {
    namespace.configure(`ip link set ${name} addrgenmode none`);
    namespace.configure(`ip addr add ${address}/64 dev ${name} nodad`);
    namespace.configure(`ip link set ${name} up`);
  }
  return namespace;
}

describe.skipIf(reason !== null)(
  `BunReactor: link-local addresses (${reason ?? "in a network namespace"})`,
  () => {
    // Our side of the link is near_0, theirs is far_0: each end sees the other with its own zone.
    const expected = {
      udp: { server: "fe80::2%near_0", client: "fe80::1%far_0", foreign: 0 },
      tcp: {
        server: ["fe80::2%near_0", "fe80::2%far_0"],
        client: ["fe80::1%near_0", "fe80::1%far_0"],
      },
    };

    test.each(["fe80::2%near_0", "FE80:0:0::2%77"])(
      "%s is answered, and both ends know the zone by its name",
      async (host) => {
        using namespace = linked();
        expect(await namespace.run("link-local-program.ts", host, "libc")).toEqual(expected);
      },
    );

    test("without libc datagrams are answered all the same", async () => {
      using namespace = linked();
      const result = await namespace.run("link-local-program.ts", "fe80::2%77", "without-libc");
      expect(result).toMatchObject({ udp: expected.udp });
    });
  },
);
