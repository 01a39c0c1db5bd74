import { createSecureContext } from "node:tls";
import {
  type StartTLSOptions,
  TLSError,
  type TLSIdentity,
  type TLSServerOptions,
} from "../reactor/tls.ts";
import type { Address } from "../reactor/address.ts";
import type { StreamEvents } from "../transport/stream-driver.ts";
import type { PreparedTLS, TLSMaker } from "../transport/tls-maker.ts";
import { alpnWireFormat } from "./alpn-wire-format.ts";
import { type BunSocket, HANDLERS } from "./bun-socket.ts";
import { checkTLSOptions } from "./tls-options.ts";
import { tlsInfoOf } from "./bun-tls-info.ts";
import { messageOf, systemCodeOf } from "../transport/system-error.ts";

/** Ten round trips of the slowest usable link, and far less than a held connection is worth. */
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;

/** What Bun reports of a server's handshake when no client certificate was asked for: noise. */
type HandshakeError = (Error & { readonly code?: string }) | null | undefined;

/** What a handshake that was never finished fails with; other codes find fault with the peer. */
const BROKEN_HANDSHAKE: ReadonlySet<string | undefined> = new Set(["EPROTO", "ECONNRESET"]);

/** Makes TLS ready for Bun's sockets. */
export class BunTLSMaker implements TLSMaker {
  prepare(options: StartTLSOptions): PreparedTLS {
    return new BunTLS(options);
  }
}

/** Keys, certificates and rules that were checked, and the handlers of the sockets they secure. */
export class BunTLS implements PreparedTLS {
  readonly side: "server" | "client";
  readonly handshakeTimeoutMs: number;
  readonly #verifies: boolean;
  readonly #requiresCertificate: boolean;
  readonly #bunOptions: object;
  readonly #handlers: object;

  constructor(options: StartTLSOptions) {
    checkTLSOptions(options);
    this.side = options.side;
    this.handshakeTimeoutMs = options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
    this.#verifies = options.side === "server" || options.verify !== false;
    this.#requiresCertificate =
      options.side === "server" && options.clientCertificate === "required";
    this.#bunOptions = options.side === "server" ? serverOptions(options) : clientOptions(options);
    const completed = (socket: BunSocket, ok: boolean, error: HandshakeError) =>
      this.#handshake(socket, ok, error);
    const contexts = options.side === "server" ? namedContexts(options) : null;
    this.#handlers = {
      ...HANDLERS,
      handshake: completed,
      // Without this handler the one certificate serves every name.
      ...(contexts === null
        ? {}
        : { serverName: (_data: unknown, name: string) => contexts(name) }),
    };
  }

  /**
   * Secures `socket`, which is connected to `peer`; returns the socket that takes its place and
   * reports to `events`.
   */
  upgrade(socket: BunSocket, events: StreamEvents, peer: Address): BunSocket {
    const [, secured] = socket.upgradeTLS({
      data: events,
      // Left to itself Bun would verify the name `localhost`, whoever the peer is.
      tls: { serverName: peer.kind === "unix" ? "localhost" : peer.host, ...this.#bunOptions },
      socket: this.#handlers,
    } as never);
    return secured as unknown as BunSocket;
  }

  #handshake(socket: BunSocket, ok: boolean, error: HandshakeError): void {
    const { code } = systemCodeOf(error);
    // Bun checks the name even when nothing is to be verified, and leaves the connection open.
    if (ok || (!this.#verifies && !BROKEN_HANDSHAKE.has(code))) {
      const info = tlsInfoOf(socket);
      // To Bun a client's bad certificate is a good handshake, after which it ends the connection.
      if (info.authorized || !this.#requiresCertificate) {
        socket.data.handshakeCompleted(info);
        return;
      }
    }
    const detail = error === null || error === undefined ? "no reason was given" : error.message;
    socket.data.failed(new TLSError(`the TLS handshake failed: ${detail}`, { code, cause: error }));
  }
}

function serverOptions(options: StartTLSOptions & { side: "server" }): object {
  checkIdentity("a TLS server", options);
  const { clientCertificate = "none", authorities } = options;
  if (authorities !== undefined) checkAuthorities("a TLS server", authorities);
  if (clientCertificate !== "none" && authorities === undefined) {
    throw new TypeError("A TLS server that asks for client certificates needs `authorities`");
  }
  return {
    isServer: true,
    ...identityOptions(options),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...alpnOptions(options.alpnProtocols),
    requestCert: clientCertificate !== "none",
    rejectUnauthorized: clientCertificate === "required",
  };
}

function clientOptions(options: StartTLSOptions & { side: "client" }): object {
  const { identity, authorities, serverName, verify } = options;
  if (identity !== undefined) checkIdentity("a TLS client", identity);
  if (authorities !== undefined) checkAuthorities("a TLS client", authorities);
  if (serverName === "") throw new TypeError("A TLS client cannot expect an empty serverName");
  return {
    ...(identity === undefined ? {} : identityOptions(identity)),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(serverName === undefined ? {} : { serverName }),
    ...alpnOptions(options.alpnProtocols),
    rejectUnauthorized: verify !== false,
  };
}

/** Bun serves in clear without a word when there is no key: what is missing is an error here. */
function checkIdentity(who: string, identity: TLSIdentity): void {
  for (const part of ["key", "certificate"] as const) {
    if (identity[part]) continue;
    throw new TypeError(`Cannot make ${who} without a ${part}: PEM text is needed`);
  }
  secureContext(who, identity);
}

/** Bun finds fault with them only once there is a socket to secure. */
function checkAuthorities(who: string, authorities: string): void {
  try {
    if (authorities.length === 0) throw new Error("there is no certificate in them");
    createSecureContext({ ca: authorities });
  } catch (error) {
    throw tlsFault(`Cannot use the authorities of ${who}`, error);
  }
}

function secureContext(who: string, identity: TLSIdentity, authorities?: string) {
  const ca = authorities === undefined ? {} : { ca: authorities };
  try {
    return createSecureContext({ ...identityOptions(identity), ...ca });
  } catch (error) {
    throw tlsFault(`Cannot use the key and certificate of ${who}`, error);
  }
}

function tlsFault(what: string, cause: unknown): TLSError {
  return new TLSError(`${what}: ${messageOf(cause)}`, { ...systemCodeOf(cause), cause });
}

function identityOptions({ key, certificate, passphrase }: TLSIdentity) {
  return { key, cert: certificate, ...(passphrase === undefined ? {} : { passphrase }) };
}

function alpnOptions(protocols: readonly string[] | undefined): object {
  return protocols === undefined ? {} : { ALPNProtocols: alpnWireFormat(protocols) };
}

/** Finds the context for a name that a client asks for; undefined means the default one. */
function namedContexts({ serverNames, authorities }: TLSServerOptions) {
  if (serverNames === undefined) return null;
  const contexts = new Map<string, unknown>();
  for (const [name, identity] of Object.entries(serverNames)) {
    checkIdentity(`a TLS server called ${name}`, identity);
    contexts.set(name.toLowerCase(), secureContext(name, identity, authorities).context);
  }
  return (name: string): unknown => {
    const wanted = name.toLowerCase();
    return contexts.get(wanted) ?? contexts.get(wanted.replace(/^[^.]+/, "*"));
  };
}
