import { checkOptions } from "../reactor/check-options.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { DatagramPort } from "../reactor/listening-port.ts";
import { FUNCTION, TEXT } from "../reactor/option-kinds.ts";
import { Service } from "./service.ts";

/** A place to receive datagrams at, such as a `UDPServerEndpoint`. */
export interface DatagramServerEndpoint {
  /** Opens a port and starts `protocol`. Rejects as `listenUDP` does. */
  listen(protocol: DatagramProtocol): Promise<DatagramPort>;
}

/**
 * Serves a UDP port while it runs. `privilegedStart` opens it already, for low ports; `start`
 * rejects when it cannot be opened. `stop` sends what was written and closes it.
 */
export class DatagramServerService extends Service {
  readonly #endpoint: DatagramServerEndpoint;
  readonly #makeProtocol: () => DatagramProtocol;
  #port: DatagramPort | null = null;

  /**
   * @param makeProtocol makes the protocol of each start
   * @throws {TypeError} when something is of another kind
   */
  constructor(
    endpoint: DatagramServerEndpoint,
    makeProtocol: () => DatagramProtocol,
    options: { readonly name?: string } = {},
  ) {
    checkOptions("DatagramServerService", options, { name: TEXT });
    FUNCTION.check("DatagramServerService: makeProtocol", makeProtocol);
    super(options);
    this.#endpoint = endpoint;
    this.#makeProtocol = makeProtocol;
  }

  /** The port it serves; null when it does not. */
  get port(): DatagramPort | null {
    return this.#port;
  }

  protected override doPrivilegedStart(): Promise<void> {
    return this.doStart();
  }

  protected override async doStart(): Promise<void> {
    this.#port ??= await this.#endpoint.listen(this.#makeProtocol());
  }

  protected override async doStop(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    await port?.stopListening();
  }
}
