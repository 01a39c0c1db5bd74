/**
 * Pretzel: protocols as classes over Bun's sockets.
 *
 * Everything a program needs is exported here; test doubles are in `pretzel/testing`.
 *
 * @module
 */
export type { ClientRetry, ClientServiceOptions } from "./application/client-service-options.ts";
export { ClientService } from "./application/client-service.ts";
export type { WhenConnectedOptions } from "./application/connection-waiters.ts";
export {
  type DatagramServerEndpoint,
  DatagramServerService,
} from "./application/datagram-server-service.ts";
export { MultiService, type MultiServiceOptions } from "./application/multi-service.ts";
export { ServiceStoppedError } from "./application/service-stopped-error.ts";
export { Service, type ServiceState } from "./application/service.ts";
export {
  StreamServerEndpointService,
  type StreamServerEndpointServiceOptions,
} from "./application/stream-server-endpoint-service.ts";
export { TimerService, type TimerServiceOptions } from "./application/timer-service.ts";
export { BunReactor, type BunReactorOptions } from "./bun/bun-reactor.ts";
export {
  type AdoptedSocket,
  AdoptedStreamServerEndpoint,
  type SocketDomain,
} from "./endpoints/adopted-stream-server-endpoint.ts";
export { clientFromString, datagramClientFromString } from "./endpoints/client-from-string.ts";
export { connectProtocol } from "./endpoints/connect-protocol.ts";
export { EndpointParseError } from "./endpoints/endpoint-parse-error.ts";
export {
  type EndpointStringArguments,
  type EndpointTypeParser,
  registerEndpointType,
} from "./endpoints/endpoint-registry.ts";
export { quoteStringArgument } from "./endpoints/endpoint-string.ts";
export { datagramServerFromString, serverFromString } from "./endpoints/server-from-string.ts";
export { StandardIOEndpoint, type StandardIOOptions } from "./endpoints/standard-io-endpoint.ts";
export {
  TCP6ServerEndpoint,
  TCPClientEndpoint,
  TCPServerEndpoint,
} from "./endpoints/tcp-endpoints.ts";
export {
  TLSClientEndpoint,
  type TLSClientEndpointOptions,
  TLSServerEndpoint,
} from "./endpoints/tls-endpoints.ts";
export {
  UDPClientEndpoint,
  type UDPClientEndpointOptions,
  UDPServerEndpoint,
} from "./endpoints/udp-endpoints.ts";
export { UNIXClientEndpoint, UNIXServerEndpoint } from "./endpoints/unix-endpoints.ts";
export { wrapClientTLS } from "./endpoints/wrap-client-tls.ts";
export { wrapServerProxyProtocol } from "./endpoints/wrap-server-proxy-protocol.ts";
export { wrapServerTLS } from "./endpoints/wrap-server-tls.ts";
export type { Codec, EncodedMessage } from "./framing/codec.ts";
export { FixedLengthCodec } from "./framing/fixed-length-codec.ts";
export {
  FrameTooLongError,
  FramingError,
  MalformedFrameError,
  StringTooLongError,
} from "./framing/framing-error.ts";
export { LengthFieldCodec, type LengthFieldOptions } from "./framing/length-field-codec.ts";
export { LineCodec, type LineCodecOptions } from "./framing/line-codec.ts";
export { NetstringCodec } from "./framing/netstring-codec.ts";
export { ReceiveBuffer } from "./framing/receive-buffer.ts";
export type { OptionalCallback } from "./policies/optional-callbacks.ts";
export { ProtocolWrapper, type StreamDirection } from "./policies/protocol-wrapper.ts";
export {
  InvalidNetworkProtocol,
  InvalidProxyHeader,
  MissingAddressData,
  ProxyHeaderTimeout,
} from "./policies/proxy-header-error.ts";
export { ProxyHeaderParser } from "./policies/proxy-header-parser.ts";
export { encodeProxyV1 } from "./policies/proxy-header-v1.ts";
export { encodeProxyV2 } from "./policies/proxy-header-v2.ts";
export { PROXY_TLV_TYPES, type ProxyHeader, type ProxyTLV } from "./policies/proxy-header.ts";
export { proxyInfoOf } from "./policies/proxy-info.ts";
export type { ShapingRate } from "./policies/shaping-rate.ts";
export { type AccessPolicy, withAccess } from "./policies/with-access.ts";
export { type LimitPolicy, withLimits } from "./policies/with-limits.ts";
export { type ProxyHeaderOptions, withProxyHeader } from "./policies/with-proxy-header.ts";
export { type ProxyProtocolPolicy, withProxyProtocol } from "./policies/with-proxy-protocol.ts";
export { type ShapingPolicy, withShaping } from "./policies/with-shaping.ts";
export { type TimeoutKind, type TimeoutPolicy, withTimeout } from "./policies/with-timeout.ts";
export { type TrafficLogPolicy, withTrafficLog } from "./policies/with-traffic-log.ts";
export { WrappingFactory } from "./policies/wrapping-factory.ts";
export { Chargen, ChargenDatagrams } from "./protocols/chargen.ts";
export { Daytime, DaytimeDatagrams } from "./protocols/daytime.ts";
export { Discard, DiscardDatagrams } from "./protocols/discard.ts";
export { type AnswerRule, clientsExcept, isClient } from "./protocols/echo-loops.ts";
export { Echo, EchoDatagrams } from "./protocols/echo.ts";
export { FramedProtocol } from "./protocols/framed-protocol.ts";
export { IncompleteReadError } from "./protocols/incomplete-read-error.ts";
export {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
  IntNStringReceiver,
} from "./protocols/int-string-receiver.ts";
export { LineOnlyReceiver } from "./protocols/line-only-receiver.ts";
export { LineReceiver } from "./protocols/line-receiver.ts";
export { NetstringReceiver } from "./protocols/netstring-receiver.ts";
export { portForward, type PortForwardOptions } from "./protocols/port-forward.ts";
export { Quote } from "./protocols/quote.ts";
export { sendFile } from "./protocols/send-file.ts";
export { type SizedState, StatefulProtocol } from "./protocols/stateful-protocol.ts";
export { StatefulStringProtocol, type StringStates } from "./protocols/stateful-string-protocol.ts";
export { type ReadUntilOptions, StreamProtocol } from "./protocols/stream-protocol.ts";
export type { StringCodec } from "./protocols/string-receiver.ts";
export { Time, TimeDatagrams } from "./protocols/time.ts";
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
export type {
  EndpointConnectOptions,
  StreamClientEndpoint,
  StreamServerEndpoint,
} from "./reactor/endpoint.ts";
export { Factory, type ProtocolStack } from "./reactor/factory.ts";
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
export type { HostnameResolver } from "./reactor/resolve-hostname.ts";
export {
  type Linger,
  SocketOptionError,
  type SocketOptionName,
  type SocketOptionValue,
  type TCPInfo,
} from "./reactor/socket-option.ts";
export type {
  ConnectionCallbacks,
  StreamOptions,
  StreamStats,
  StreamTransport,
  WriteLimits,
  WriteMode,
} from "./reactor/stream-transport.ts";
export type { SystemEventPhase, SystemEventTrigger } from "./reactor/system-events.ts";
export {
  type StartTLSOptions,
  type TLSCertificate,
  type TLSClientOptions,
  TLSError,
  type TLSIdentity,
  type TLSInfo,
  type TLSServerOptions,
} from "./reactor/tls.ts";
export { AsyncQueue, type AsyncQueueOptions } from "./task/async-queue.ts";
export { backoff, type BackoffOptions, type RetryPolicy } from "./task/backoff.ts";
export { IdleTimeout } from "./task/idle-timeout.ts";
export { LoopingCall, type LoopingCallOptions } from "./task/looping-call.ts";
export { Mutex } from "./task/mutex.ts";
export { QueueClosed, QueueOverflow, QueueUnderflow } from "./task/queue-error.ts";
export { react, type ReactMain, type ReactOptions } from "./task/react.ts";
export { type Permit, Semaphore, type SemaphoreOptions } from "./task/semaphore.ts";
export { sleep } from "./task/sleep.ts";
export { TokenBucket, type TokenBucketOptions } from "./task/token-bucket.ts";
export type { WaitOptions } from "./task/wait-options.ts";
