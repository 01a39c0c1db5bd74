import { ReceiveBuffer } from "../framing/receive-buffer.ts";
import type { ProxyHeader } from "./proxy-header.ts";
import { InvalidProxyHeader } from "./proxy-header-error.ts";
import { parseProxyV1, V1_DELIMITER, V1_MAX_BYTES, V1_PREFIX } from "./proxy-header-v1.ts";
import { parseProxyV2, proxyV2Length, V2_FIXED_BYTES, V2_SIGNATURE } from "./proxy-header-v2.ts";

/**
 * Cuts one PROXY header, of version 1 or 2, off the front of a stream, however that is chunked.
 * It refuses what cannot become a header as soon as it can be known, and so never holds more than
 * the longest header: 107 bytes of version 1, 65551 of version 2.
 */
export class ProxyHeaderParser {
  readonly #buffer = new ReceiveBuffer();
  #header: ProxyHeader | null = null;
  #foreign = false;

  /**
   * Takes what came. To be called until there is a header, and not any more after an error.
   *
   * @returns the header once it is complete; null until then
   * @throws {InvalidProxyHeader} when there is none; also its subclasses
   */
  feed(data: Buffer): ProxyHeader | null {
    this.#buffer.append(data);
    if (this.#header === null) this.#header = this.#parse();
    if (this.#header === null) this.#buffer.settle();
    return this.#header;
  }

  /** Whether what came does not even begin as a header does; it is then all in `takeRest`. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** Whether nothing has come. */
  get empty(): boolean {
    return this.#header === null && this.#buffer.length === 0;
  }

  /** Takes what came after the header. */
  takeRest(): Buffer {
    return this.#buffer.takeAll();
  }

  #parse(): ProxyHeader | null {
    if (this.#buffer.length === 0) return null;
    if (this.#beginsWith(V1_PREFIX)) return this.#parseLine();
    if (this.#beginsWith(V2_SIGNATURE)) return this.#parseBinary();
    this.#foreign = true;
    throw new InvalidProxyHeader("Connection does not begin with a PROXY header");
  }

  /** Whether what is there is `prefix`, or may still become it. */
  #beginsWith(prefix: Buffer): boolean {
    const length = Math.min(this.#buffer.length, prefix.length);
    return this.#buffer.peek(length).equals(prefix.subarray(0, length));
  }

  #parseLine(): ProxyHeader | null {
    const line = this.#buffer.takeLine(V1_DELIMITER, V1_MAX_BYTES - V1_DELIMITER.length);
    if (line !== null) return parseProxyV1(line);
    if (this.#buffer.length < V1_MAX_BYTES) return null;
    throw new InvalidProxyHeader(`PROXY line does not end within ${V1_MAX_BYTES} bytes`);
  }

  #parseBinary(): ProxyHeader | null {
    const buffer = this.#buffer;
    const length = proxyV2Length(buffer.peek(Math.min(buffer.length, V2_FIXED_BYTES)));
    if (length === null) return null;
    buffer.expect(length);
    return buffer.has(length) ? parseProxyV2(Buffer.from(buffer.take(length))) : null;
  }
}
