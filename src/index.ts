/**
 * Pretzel: protocols as classes over Bun's sockets.
 *
 * Everything a program needs is exported here; test doubles are in `pretzel/testing`.
 *
 * @module
 */
export { BunReactor } from "./bun/bun-reactor.ts";
export { type Address, InternetAddress, UNIXAddress } from "./reactor/address.ts";
export { CannotListenError } from "./reactor/cannot-listen-error.ts";
export { AlreadyCalled, AlreadyCancelled, type Clock, type DelayedCall } from "./reactor/clock.ts";
export {
  ABORTED,
  type CloseReason,
  ConnectionClosedError,
  DONE,
  SendBufferFullError,
} from "./reactor/close-reason.ts";
export {
  ConnectBindError,
  ConnectError,
  ConnectingCancelledError,
  ConnectionRefusedError,
  DNSLookupError,
  NoProtocol,
  NoRouteError,
  TimeoutError,
} from "./reactor/connect-error.ts";
export { DatagramProtocol } from "./reactor/datagram-protocol.ts";
export type {
  DatagramDestination,
  DatagramStats,
  DatagramTransport,
} from "./reactor/datagram-transport.ts";
export { Factory } from "./reactor/factory.ts";
export { InvalidAddressError } from "./reactor/invalid-address-error.ts";
export { type AddressFamily, isIPv4, isIPv6 } from "./reactor/ip-address.ts";
export type { DatagramPort, ListeningPort, PortStats } from "./reactor/listening-port.ts";
export type { Logger } from "./reactor/logger.ts";
export { MessageLengthError } from "./reactor/message-length-error.ts";
export type { Producer, PullProducer } from "./reactor/producer.ts";
export { Protocol } from "./reactor/protocol.ts";
export {
  type AdoptOptions,
  type ConnectOptions,
  type ConnectTCPOptions,
  type ConnectUNIXOptions,
  type ListenTCPOptions,
  type ListenUDPOptions,
  type ListenUNIXOptions,
  type Reactor,
  ReactorNotRunning,
} from "./reactor/reactor.ts";
export {
  type Linger,
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
  type TCPInfo,
} from "./reactor/socket-option.ts";
export type {
  StreamOptions,
  StreamStats,
  StreamTransport,
  WriteLimits,
  WriteMode,
} from "./reactor/stream-transport.ts";
export type { SystemEventPhase, SystemEventTrigger } from "./reactor/system-events.ts";
