import { networkInterfaces } from "node:os";
import { checkPort, InternetAddress } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import { DatagramPortTransport } from "../transport/datagram-port-transport.ts";
import { OpenDatagramPort } from "../transport/open-datagram-port.ts";
import { AddressListener, PerAddressTransport } from "../transport/per-address-transport.ts";
import type { StreamContext } from "../transport/stream-connection.ts";
import { BunDatagramDriver } from "./bun-datagram-driver.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/** The address served when none is given: this host only, so that nothing is exposed by accident. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * Opens a UDP port and starts its protocol.
 *
 * @param closed called once, after `stopProtocol`
 */
export async function openDatagramPort(
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
  closed: (port: OpenDatagramPort) => void,
): Promise<OpenDatagramPort> {
  const port = checkPort("udp", options.port ?? 0);
  const host = new InternetAddress("udp", options.host ?? DEFAULT_HOST, port);
  if (options.perAddress === true && isWildcard(host)) {
    return openPerAddress(host, options, protocol, context, closed);
  }
  const transport = await openTransport(host, options, protocol, context);
  transport.start();
  return new OpenDatagramPort(transport, protocol, context, closed);
}

async function openPerAddress(
  wildcard: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
  closed: (port: OpenDatagramPort) => void,
): Promise<OpenDatagramPort> {
  const sockets: DatagramPortTransport[] = [];
  const whole = new PerAddressTransport(sockets);
  let { port } = wildcard;
  try {
    for (const local of localAddresses(wildcard)) {
      const listener = new AddressListener(protocol, () => whole);
      const address = new InternetAddress("udp", local, port);
      const socket = await openTransport(address, options, listener, context);
      // The first socket has the system choose the port for all.
      port = socket.getHost().port;
      sockets.push(socket);
    }
  } catch (error) {
    whole.close();
    throw error;
  }
  for (const socket of sockets) socket.start();
  protocol.makeConnection(whole);
  return new OpenDatagramPort(whole, protocol, context, closed);
}

async function openTransport(
  host: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
): Promise<DatagramPortTransport> {
  let transport: DatagramPortTransport | null = null;
  try {
    const driver = await BunDatagramDriver.open(host, options, () => transport);
    transport = new DatagramPortTransport(driver, context, protocol, options);
    return transport;
  } catch (error) {
    const address = options.fd === undefined ? host.toString() : `udp descriptor ${options.fd}`;
    throw new CannotListenError(address, messageOf(error), {
      ...systemCodeOf(error),
      cause: error,
    });
  }
}

function isWildcard(address: InternetAddress): boolean {
  return address.host === "0.0.0.0" || address.host === "::";
}

/**
 * The addresses that `wildcard` stands for now; those that the host gets later are not served.
 * Link-local ones are left out: they would need the name of their interface with each peer.
 */
function localAddresses(wildcard: InternetAddress): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(
    (each) =>
      (each.family === "IPv4" || wildcard.family === "IPv6") && !each.address.startsWith("fe80:"),
  );
  return [...new Set(usable.map((each) => each.address))];
}
