import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tlsFixturePath } from "../fixtures/tls-fixtures.ts";

/** A folder of its own with PEM files, each with the key and the certificate of a fixture. */
export class TLSFixtureFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "pretzel-tls-"));

  /** @param names the fixtures that are in it from the beginning */
  constructor(...names: string[]) {
    for (const name of names) this.put(`${name}.pem`, name);
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes `file` with the key and the certificate of the fixture `name`. */
  put(file: string, name: string): void {
    const parts = [`${name}.key`, `${name}.pem`].map((part) => readFileSync(tlsFixturePath(part)));
    writeFileSync(this.file(file), Buffer.concat(parts));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
