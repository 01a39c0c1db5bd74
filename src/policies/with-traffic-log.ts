import type { Address } from "../reactor/address.ts";
import type { CloseReason } from "../reactor/close-reason.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Protocol } from "../reactor/protocol.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { ProtocolWrapper } from "./protocol-wrapper.ts";
import { WrappingFactory } from "./wrapping-factory.ts";

/** How the traffic is written down. */
export interface TrafficLogPolicy {
  /**
   * Gets one line, without a line end, for each chunk and for the ends of each connection. What it
   * throws, or rejects with, ends the connection.
   */
  readonly sink: (line: string) => void;
  /** How many bytes of a chunk are shown at most; 256 unless told. */
  readonly maxBytes?: number;
  /** Text with what is not printable escaped, the default, or pairs of hexadecimal digits. */
  readonly format?: "text" | "hex";
}

/** About as much as a person reads of a chunk. */
const DEFAULT_MAX_BYTES = 256;

/**
 * Writes down what goes over the connections, for looking at while developing: each chunk that is
 * received or written, and how each connection ended.
 *
 * @throws {RangeError} when `maxBytes` is not a whole number of at least 0
 */
export function withTrafficLog<P extends Protocol>(
  factory: Factory<P>,
  policy: TrafficLogPolicy,
): Factory<P> {
  const { maxBytes = DEFAULT_MAX_BYTES } = policy;
  if (!(maxBytes >= 0 && (Number.isInteger(maxBytes) || maxBytes === Infinity))) {
    throw new RangeError(`maxBytes of ${maxBytes} is not a whole number of at least 0`);
  }
  return new TrafficLogFactory(factory, policy);
}

class TrafficLogFactory<P extends Protocol> extends WrappingFactory<P> {
  readonly #policy: TrafficLogPolicy;

  constructor(inner: Factory<P>, policy: TrafficLogPolicy) {
    super(inner);
    this.#policy = policy;
  }

  protected override wrap(inner: ConnectionCallbacks, peer: Address): ConnectionCallbacks {
    return new TrafficLogWrapper(inner, peer, this.#policy);
  }
}

class TrafficLogWrapper extends ProtocolWrapper {
  readonly #peer: Address;
  readonly #sink: (line: string) => void;
  readonly #maxBytes: number;
  readonly #format: "text" | "hex";

  constructor(inner: ConnectionCallbacks, peer: Address, policy: TrafficLogPolicy) {
    super(inner);
    this.#peer = peer;
    this.#sink = policy.sink;
    this.#maxBytes = policy.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#format = policy.format ?? "text";
  }

  override makeConnection(transport: StreamTransport): void {
    // The protocol is made all the same, to hear of the end.
    this.transport = transport;
    this.call(() => this.#sink(`${this.#peer} connected`));
    return super.makeConnection(transport);
  }

  override dataReceived(data: Buffer): void {
    this.#show("<", data);
    return this.disconnecting ? undefined : super.dataReceived(data);
  }

  override write(data: Uint8Array | string): boolean {
    this.#show(">", typeof data === "string" ? Buffer.from(data) : data);
    return super.write(data);
  }

  override connectionLost(reason: CloseReason): void {
    const cause = reason.kind === "lost" ? `: ${shown(Buffer.from(reason.cause.message))}` : "";
    let noted: unknown;
    let result: unknown;
    try {
      noted = this.#sink(`${this.#peer} ${reason.kind}${cause}`);
    } finally {
      // Nobody else tells the protocol, and the policies inside, whatever the sink does.
      result = super.connectionLost(reason);
    }
    const isAsync = noted instanceof Promise || result instanceof Promise;
    return (isAsync ? Promise.all([noted, result]) : undefined) as void;
  }

  #show(direction: "<" | ">", data: Uint8Array): void {
    const head = data.subarray(0, this.#maxBytes);
    const rest = data.length - head.length;
    const more = rest > 0 ? ` and ${rest} bytes more` : "";
    const bytes = this.#format === "hex" ? hexadecimal(head) : `"${shown(head)}"`;
    this.call(() => this.#sink(`${this.#peer} ${direction} ${data.length} bytes ${bytes}${more}`));
  }
}

/** A pair of digits for each byte, with spaces between them. */
function hexadecimal(data: Uint8Array): string {
  return Buffer.from(data)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ");
}

/** Printable ASCII as it is, and the rest as JavaScript would escape it. */
function shown(data: Uint8Array): string {
  return Buffer.from(data)
    .toString("latin1")
    .replace(/[^ !#-[\]-~]/g, escaped);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

function escaped(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
