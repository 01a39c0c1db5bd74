import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSIdentity } from "../reactor/tls.ts";
import { checkTLSIdentity } from "./check-tls-identity.ts";
import type { FileArgument } from "./endpoint-arguments.ts";
import { EndpointParseError } from "./endpoint-parse-error.ts";
import { failureOf } from "./system-code.ts";

/** The ends of names of files that hold certificates. */
const CERTIFICATE_FILE = /\.(?:pem|crt)$/i;

/**
 * The key and the certificates that files named in an endpoint string hold; one file may hold both.
 *
 * @param chain further certificates, to be sent along
 * @throws {EndpointParseError} when a file cannot be read, or they are of no use
 */
export function readIdentity(
  key: FileArgument,
  certificate: FileArgument,
  chain: FileArgument | null,
): TLSIdentity {
  const keyText = readPEM(key, "PRIVATE KEY");
  const certificates = [certificate, chain].filter((file) => file !== null);
  const certificateText = certificates.map((file) => readPEM(file, "CERTIFICATE")).join("\n");
  const identity = { key: keyText, certificate: certificateText };
  try {
    checkTLSIdentity(`"${key.path}"`, identity);
  } catch (cause) {
    throw new EndpointParseError(certificate, failureOf(cause), { cause });
  }
  return identity;
}

/**
 * The certificates of all authorities in a folder that an endpoint string names.
 *
 * @throws {EndpointParseError} when it cannot be read, or there are none
 */
export function readAuthorities(folder: FileArgument): string {
  const { name, path } = folder;
  try {
    const files = readdirSync(path).filter((file) => CERTIFICATE_FILE.test(file));
    const texts = files.sort().map((file) => readFileSync(join(path, file), "utf8"));
    const found = texts.filter((text) => text.includes("-----BEGIN CERTIFICATE-----"));
    if (found.length > 0) return found.join("\n");
  } catch (cause) {
    const detail = `${name} folder "${path}" cannot be read: ${failureOf(cause)}`;
    throw new EndpointParseError(folder, detail, { cause });
  }
  const detail = `${name} folder "${path}" has no .pem file with a certificate`;
  throw new EndpointParseError(folder, detail);
}

function readPEM(file: FileArgument, what: "PRIVATE KEY" | "CERTIFICATE"): string {
  const { name, path } = file;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const detail = `${name} file "${path}" cannot be read: ${failureOf(cause)}`;
    throw new EndpointParseError(file, detail, { cause });
  }
  if (text.includes(`${what}-----`)) return text;
  throw new EndpointParseError(file, `${name} file "${path}" has no ${what} in PEM`);
}
