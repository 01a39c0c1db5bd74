import { checkPort, InternetAddress } from "../reactor/address.ts";
import { ConnectBindError } from "../reactor/connect-error.ts";
import type { ConnectTCPOptions } from "../reactor/reactor.ts";
import { addressesOf } from "../reactor/resolve-hostname.ts";
import type { ConnectCandidate } from "./connect-candidate.ts";
import { interleaveFamilies } from "./interleave-families.ts";
import type { SocketMaker } from "./socket-maker.ts";

/**
 * How many addresses of a name are tried at most. Nobody publishes so many for good reasons, and
 * whoever answers for a name decides how many sockets a connect to it opens.
 */
const MAX_ADDRESSES = 64;

/**
 * The addresses of `options.host` to connect to, in the order to try them: the families in turn, or
 * that of `bindAddress` alone.
 *
 * @throws {DNSLookupError} when the name has none
 * @throws {ConnectBindError} when it has none of the family of `bindAddress`
 * @throws {InvalidAddressError} for a port or a local address that is none
 */
export async function tcpCandidates(
  sockets: SocketMaker,
  options: ConnectTCPOptions,
): Promise<readonly ConnectCandidate[]> {
  const { host, bindAddress, resolver = sockets.resolver } = options;
  const port = checkPort("tcp", options.port);
  const from = bindAddress && new InternetAddress("tcp", bindAddress.host, bindAddress.port ?? 0);
  const target = `tcp ${host}:${port}`;
  const found = await addressesOf(host, target, resolver);
  const addresses = found.map((each) => new InternetAddress("tcp", each, port));
  const usable = addresses.filter((each) => from === undefined || each.family === from.family);
  if (from !== undefined && usable.length === 0) {
    throw new ConnectBindError(target, `it has no address of the family of ${from.host}`);
  }
  const tried = interleaveFamilies(usable).slice(0, MAX_ADDRESSES);
  return tried.map((each) => sockets.tcpCandidate(each, from));
}
