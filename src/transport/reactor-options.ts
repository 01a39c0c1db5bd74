import type { OptionKind } from "../reactor/check-options.ts";
import {
  AMOUNT,
  DESCRIPTOR,
  DURATION,
  FLAG,
  FUNCTION,
  LIMIT,
  OBJECT,
  oneOf,
  optionsOf,
  PORT,
  required,
  SIGNAL,
  TEXT,
  wholeNumber,
  WRITE_LIMITS,
} from "../reactor/option-kinds.ts";
import type {
  AdoptOptions,
  ConnectOptions,
  ConnectTCPOptions,
  ConnectUNIXOptions,
  ListenTCPOptions,
  ListenUDPOptions,
  ListenUNIXOptions,
} from "../reactor/reactor.ts";
import type { StreamOptions } from "../reactor/stream-transport.ts";

/** The options of a reactor's methods. What `tls` may have is for those who do TLS to say. */

/** All permissions of a file, and the three bits above them. */
const MAX_MODE = 0o7777;

/** A number that the system takes as an `int`. */
const COUNT = wholeNumber(1, 2_147_483_647);

/** A table with every option that there is. */
type TableOf<Options> = Readonly<Record<keyof Options, OptionKind>>;

/** What every connection may be told. */
export const STREAM_OPTIONS = {
  writeMode: oneOf("buffered", "immediate"),
  closeTimeoutMs: DURATION,
  writeLimits: WRITE_LIMITS,
} satisfies TableOf<StreamOptions>;

const CONNECT_OPTIONS = {
  ...STREAM_OPTIONS,
  timeoutMs: DURATION,
  signal: SIGNAL,
  tls: OBJECT,
} satisfies TableOf<ConnectOptions>;

export const LISTEN_TCP_OPTIONS = {
  host: TEXT,
  port: PORT,
  reusePort: FLAG,
  ipv6Only: FLAG,
  backlog: COUNT,
  maxConnections: LIMIT,
  fd: DESCRIPTOR,
  tls: OBJECT,
  ...STREAM_OPTIONS,
} satisfies TableOf<ListenTCPOptions>;

export const LISTEN_UNIX_OPTIONS = {
  path: required(TEXT),
  mode: wholeNumber(0, MAX_MODE),
  backlog: COUNT,
  maxConnections: LIMIT,
  fd: DESCRIPTOR,
  tls: OBJECT,
  ...STREAM_OPTIONS,
} satisfies TableOf<ListenUNIXOptions>;

export const CONNECT_TCP_OPTIONS = {
  host: required(TEXT),
  port: required(PORT),
  bindAddress: optionsOf({ host: required(TEXT), port: PORT }),
  attemptDelayMs: DURATION,
  resolver: FUNCTION,
  ...CONNECT_OPTIONS,
} satisfies TableOf<ConnectTCPOptions>;

export const CONNECT_UNIX_OPTIONS = {
  path: required(TEXT),
  ...CONNECT_OPTIONS,
} satisfies TableOf<ConnectUNIXOptions>;

export const ADOPT_OPTIONS = {
  fd: required(DESCRIPTOR),
  outputFd: DESCRIPTOR,
  ...CONNECT_OPTIONS,
} satisfies TableOf<AdoptOptions>;

export const LISTEN_UDP_OPTIONS = {
  host: TEXT,
  port: PORT,
  reusePort: FLAG,
  fd: DESCRIPTOR,
  perAddress: FLAG,
  receiveBufferBytes: COUNT,
  sendBufferBytes: COUNT,
  whenFull: oneOf("drop", "queue"),
  receiveBudgetMs: AMOUNT,
} satisfies TableOf<ListenUDPOptions>;
