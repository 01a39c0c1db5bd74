import { checkPort, InternetAddress } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import { DatagramPortTransport } from "../transport/datagram-port-transport.ts";
import { OpenDatagramPort } from "../transport/open-datagram-port.ts";
import { AddressListener, PerAddressTransport } from "../transport/per-address-transport.ts";
import type { StreamContext } from "../transport/stream-connection.ts";
import { MemoryDatagramDriver } from "./memory-datagram-driver.ts";
import type { MemoryNetwork } from "./memory-network.ts";

/**
 * Opens a UDP port in memory and starts its protocol.
 *
 * @param closed called once, after `stopProtocol`
 * @throws {CannotListenError} @throws {InvalidAddressError}
 */
export function openMemoryDatagramPort(
  network: MemoryNetwork,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
  closed: (port: OpenDatagramPort) => void,
): OpenDatagramPort {
  const { host = "127.0.0.1", port = 0, perAddress = false } = options;
  const address = new InternetAddress("udp", host, checkPort("udp", port));
  if (perAddress && (host === "0.0.0.0" || host === "::")) {
    return openPerAddress(network, address, options, protocol, context, closed);
  }
  const transport = openTransport(network, address, options, protocol, context);
  transport.start();
  return new OpenDatagramPort(transport, protocol, context, closed);
}

function openPerAddress(
  network: MemoryNetwork,
  wildcard: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
  closed: (port: OpenDatagramPort) => void,
): OpenDatagramPort {
  const sockets: DatagramPortTransport[] = [];
  const whole = new PerAddressTransport(sockets);
  let { port } = wildcard;
  try {
    for (const local of network.localHosts(wildcard.family)) {
      const listener = new AddressListener(protocol, () => whole);
      const address = new InternetAddress("udp", local, port);
      const socket = openTransport(network, address, options, listener, context);
      // The first socket chooses the port for all.
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

function openTransport(
  network: MemoryNetwork,
  address: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: StreamContext,
): DatagramPortTransport {
  let driver: MemoryDatagramDriver;
  try {
    driver = new MemoryDatagramDriver(network, address, options);
  } catch (cause) {
    const { code, message } = cause as { readonly code: string; readonly message: string };
    throw new CannotListenError(address.toString(), message, { code, cause });
  }
  const transport = new DatagramPortTransport(driver, context, protocol, options);
  driver.attach(transport);
  return transport;
}
