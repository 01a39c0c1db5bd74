import { checkPort, InternetAddress } from "../reactor/address.ts";
import { CannotListenError } from "../reactor/cannot-listen-error.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import { unmapped } from "../reactor/ip-address.ts";
import type { ListenUDPOptions } from "../reactor/reactor.ts";
import { DatagramPortTransport } from "./datagram-port-transport.ts";
import { OpenDatagramPort } from "./open-datagram-port.ts";
import { AddressListener, PerAddressTransport } from "./per-address-transport.ts";
import type { SocketMaker } from "./socket-maker.ts";
import type { TransportContext } from "./transport-context.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/** What is served when no host is given: this one only, so that nothing is exposed by accident. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * Opens a UDP port and starts its protocol.
 *
 * @param closed called once, after `stopProtocol`
 * @throws {CannotListenError} @throws {InvalidAddressError} @throws {RangeError} as rejections
 */
export async function makeDatagramPort(
  sockets: SocketMaker,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: TransportContext,
  closed: (port: OpenDatagramPort) => void,
): Promise<OpenDatagramPort> {
  checkReceiveBudget(options.receiveBudgetMs ?? 0);
  const port = checkPort("udp", options.port ?? 0);
  const host = new InternetAddress("udp", unmapped(options.host ?? DEFAULT_HOST), port);
  const transport =
    options.perAddress === true && isWildcard(host)
      ? await openPerAddress(sockets, host, options, protocol, context)
      : await openTransport(sockets, host, options, protocol, context);
  const opened = new OpenDatagramPort(transport, protocol, context, closed);
  transport.start();
  return opened;
}

async function openPerAddress(
  sockets: SocketMaker,
  wildcard: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: TransportContext,
): Promise<PerAddressTransport> {
  const opened: DatagramPortTransport[] = [];
  const whole = new PerAddressTransport(opened, protocol, context);
  let { port } = wildcard;
  try {
    for (const local of sockets.localHosts(wildcard)) {
      const listener = new AddressListener(protocol, whole);
      const address = new InternetAddress("udp", local, port);
      const socket = await openTransport(sockets, address, options, listener, context);
      // The first socket has the system choose the port for all.
      port = socket.getHost().port;
      opened.push(socket);
    }
  } catch (error) {
    whole.close();
    throw error;
  }
  return whole;
}

async function openTransport(
  sockets: SocketMaker,
  host: InternetAddress,
  options: ListenUDPOptions,
  protocol: DatagramProtocol,
  context: TransportContext,
): Promise<DatagramPortTransport> {
  try {
    const driver = await sockets.openDatagrams(host, options);
    return new DatagramPortTransport(driver, context, protocol, options);
  } catch (error) {
    const address = options.fd === undefined ? host.toString() : `udp descriptor ${options.fd}`;
    throw new CannotListenError(address, messageOf(error), {
      ...systemCodeOf(error),
      cause: error,
    });
  }
}

/** @throws {RangeError} for what is no time; any time is fine, also one that never ends */
function checkReceiveBudget(budgetMs: number): void {
  if (budgetMs >= 0) return;
  throw new RangeError(`receiveBudgetMs of ${budgetMs} is not a number of at least 0`);
}

function isWildcard(address: InternetAddress): boolean {
  return address.host === "0.0.0.0" || address.host === "::";
}
