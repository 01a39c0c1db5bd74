import { checkOptions, type OptionKind } from "../reactor/check-options.ts";
import {
  arrayOf,
  DURATION,
  FLAG,
  oneOf,
  optionsOf,
  recordOf,
  SECRET,
  TEXT,
} from "../reactor/option-kinds.ts";
import type {
  StartTLSOptions,
  TLSClientOptions,
  TLSIdentity,
  TLSServerOptions,
} from "../reactor/tls.ts";

/** A table with every option that there is. */
type TableOf<Options> = Readonly<Record<keyof Options, OptionKind>>;

const IDENTITY_OPTIONS = {
  key: SECRET,
  certificate: TEXT,
  passphrase: SECRET,
} satisfies TableOf<TLSIdentity>;

const SIDE = oneOf("server", "client");

const SERVER_OPTIONS = {
  side: SIDE,
  ...IDENTITY_OPTIONS,
  alpnProtocols: arrayOf(TEXT),
  serverNames: recordOf(IDENTITY_OPTIONS),
  clientCertificate: oneOf("none", "optional", "required"),
  authorities: TEXT,
  handshakeTimeoutMs: DURATION,
} satisfies TableOf<TLSServerOptions & { side: "server" }>;

const CLIENT_OPTIONS = {
  side: SIDE,
  serverName: TEXT,
  authorities: TEXT,
  identity: optionsOf(IDENTITY_OPTIONS),
  alpnProtocols: arrayOf(TEXT),
  verify: FLAG,
  handshakeTimeoutMs: DURATION,
} satisfies TableOf<TLSClientOptions & { side: "client" }>;

/**
 * That TLS options are of their kinds; whether keys and certificates are any good, others say.
 *
 * @throws {TypeError} @throws {RangeError} when one is not
 */
export function checkTLSOptions(options: StartTLSOptions): void {
  SIDE.check("TLS: side", Object(options).side);
  if (options.side === "server") checkOptions("a TLS server", options, SERVER_OPTIONS);
  else checkOptions("a TLS client", options, CLIENT_OPTIONS);
}
