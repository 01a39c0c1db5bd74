import type { PeerCertificate, TLSSocket } from "node:tls";
import type { TLSCertificate, TLSInfo } from "../reactor/tls.ts";

/** The methods that Bun's secured sockets share with node's, and one of their own. */
type SecuredSocket = Pick<TLSSocket, "getPeerCertificate" | "getCipher" | "authorized"> & {
  readonly alpnProtocol: string | false | null;
  getTLSVersion(): string;
  getServername(): string | undefined;
};

/** What the handshake of `socket`, which is complete, agreed on. */
export function tlsInfoOf(socket: unknown): TLSInfo {
  const secured = socket as SecuredSocket;
  const certificate = certificateOf(secured.getPeerCertificate());
  return Object.freeze({
    version: secured.getTLSVersion(),
    cipher: secured.getCipher().name,
    alpnProtocol: secured.alpnProtocol || null,
    serverName: secured.getServername() ?? null,
    authorized: certificate !== null && secured.authorized,
    peerCertificate: certificate,
  });
}

/** Bun gives undefined, node an empty object, when the peer showed none. */
function certificateOf(certificate: PeerCertificate | undefined): TLSCertificate | null {
  if (certificate?.valid_from === undefined) return null;
  return Object.freeze({
    subject: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    alternativeNames: certificate.subjectaltname?.split(", ") ?? [],
    validFromMs: Date.parse(certificate.valid_from),
    validToMs: Date.parse(certificate.valid_to),
    fingerprint: certificate.fingerprint256,
  });
}

function commonName(name: PeerCertificate["subject"]): string {
  const { CN } = name;
  return Array.isArray(CN) ? CN.join(", ") : (CN ?? "");
}
