/**
 * TLS as a protocol author configures and sees it. Keys and certificates are PEM text; chains are
 * certificates one after the other, the own one first.
 */

/** A private key and the certificate chain that belongs to it. */
export interface TLSIdentity {
  readonly key: string;
  readonly certificate: string;
  readonly passphrase?: string;
}

/** How a server secures a connection. */
export interface TLSServerOptions extends TLSIdentity {
  /** The protocols it speaks, best first (ALPN, RFC 7301); a client that speaks none is refused. */
  readonly alpnProtocols?: readonly string[];
  /** Other identities by the name that the client asks for (SNI); `*.example.org` is allowed. */
  readonly serverNames?: Readonly<Record<string, TLSIdentity>>;
  /** Whether a client must show a certificate; `"none"` unless told. */
  readonly clientCertificate?: "none" | "optional" | "required";
  /** The authorities that client certificates are verified by. */
  readonly authorities?: string;
  /** How long a handshake may take, in milliseconds; 10000 unless told. */
  readonly handshakeTimeoutMs?: number;
}

/** How a client secures a connection. */
export interface TLSClientOptions {
  /** The name that the server's certificate must have; the host connected to unless told. */
  readonly serverName?: string;
  /** The authorities to trust instead of the system's. */
  readonly authorities?: string;
  /** What to show when the server asks for a certificate. */
  readonly identity?: TLSIdentity;
  readonly alpnProtocols?: readonly string[];
  /** False accepts any certificate: only for measuring and debugging. True unless told. */
  readonly verify?: boolean;
  readonly handshakeTimeoutMs?: number;
}

/** Which side of the handshake to take, and how. */
export type StartTLSOptions =
  | ({ readonly side: "server" } & TLSServerOptions)
  | ({ readonly side: "client" } & TLSClientOptions);

/** What a handshake agreed on. */
export interface TLSInfo {
  /** Such as `TLSv1.3`. */
  readonly version: string;
  /** Such as `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** The protocol chosen by ALPN, or null. */
  readonly alpnProtocol: string | null;
  /** The name that the client asked for, or null. */
  readonly serverName: string | null;
  /** Whether the peer showed a certificate and it was found good. */
  readonly authorized: boolean;
  /** The peer's certificate, or null when it showed none. */
  readonly peerCertificate: TLSCertificate | null;
}

/** What is known of a certificate. */
export interface TLSCertificate {
  /** The common name of its subject; empty when it has none. */
  readonly subject: string;
  /** The common name of whoever issued it. */
  readonly issuer: string;
  /** Its alternative names, such as `DNS:localhost`. */
  readonly alternativeNames: readonly string[];
  /** Unix times in milliseconds. */
  readonly validFromMs: number;
  readonly validToMs: number;
  /** SHA-256 over the whole of it, as hexadecimal pairs with colons. */
  readonly fingerprint: string;
}

/** A handshake or a secured connection failed. */
export class TLSError extends Error {
  override readonly name = "TLSError";
  /** The name of the failure, such as `ERR_TLS_CERT_ALTNAME_INVALID`; undefined without one. */
  readonly code: string | undefined;

  constructor(detail: string, options: { code?: string | undefined; cause?: unknown } = {}) {
    super(detail, { cause: options.cause });
    this.code = options.code;
  }
}
