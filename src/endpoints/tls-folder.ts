import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TLSError, type TLSIdentity, type TLSServerOptions } from "../reactor/tls.ts";
import { checkTLSIdentity } from "./check-tls-identity.ts";
import { failureOf } from "./system-code.ts";

/** The file whose certificate clients get that ask for no name, or for an unknown one. */
const DEFAULT_FILE = "default.pem";

/**
 * A folder of PEM files, each with a key and the certificate chain that belongs to it. A client
 * gets the certificate of the name that it asks for; the others get that of `default.pem`, or of
 * the first file where there is none.
 */
export class TLSFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What the folder holds now.
   *
   * @throws {TLSError} when a file is of no use, or there is none
   * @throws {Error} what the system says when something cannot be read
   */
  read(): TLSServerOptions {
    const serverNames: Record<string, TLSIdentity> = {};
    const identities = new Map<string, TLSIdentity>();
    for (const file of this.#files()) {
      const text = readFileSync(join(this.path, file), "utf8");
      const identity = { key: text, certificate: text };
      checkTLSIdentity(`"${file}"`, identity);
      for (const name of namesIn(text)) serverNames[name] ??= identity;
      identities.set(file.toLowerCase(), identity);
    }
    const [first] = identities.values();
    const standard = identities.get(DEFAULT_FILE) ?? first;
    if (standard === undefined) throw new TLSError(`there is no .pem file in "${this.path}"`);
    return { ...standard, serverNames };
  }

  /** A text that changes when the files do. */
  state(): string {
    try {
      const files = this.#files().map((file) => {
        const { mtimeMs, size, ino } = statSync(join(this.path, file));
        return `${file} ${mtimeMs} ${size} ${ino}`;
      });
      return files.join("\n");
    } catch (error) {
      return failureOf(error);
    }
  }

  #files(): string[] {
    return readdirSync(this.path)
      .filter((file) => /\.pem$/i.test(file))
      .sort();
  }
}

/** The DNS names of the first certificate. */
function namesIn(pem: string): string[] {
  const { subjectAltName = "" } = new X509Certificate(pem.slice(pem.indexOf("-----BEGIN CERT")));
  return subjectAltName.split(", ").flatMap((each) => /^DNS:(.+)$/.exec(each)?.[1] ?? []);
}
