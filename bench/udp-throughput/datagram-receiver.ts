import {
  BunReactor,
  type DatagramPort,
  DatagramProtocol,
  Factory,
  type ListeningPort,
} from "pretzel";
import { parseSenderMessage, type ReceiverMessage, type SenderMessage } from "./control-message.ts";
import { DatagramRun } from "./datagram-run.ts";
import { LineConnection } from "./line-connection.ts";
import { socketDrops } from "./socket-drops.ts";

/** Room for some thousand small datagrams, or for 32 of the longest, while the program is busy. */
const RECEIVE_BUFFER_BYTES = 4_194_304;

const LOOK_EVERY_MS = 10;

/** The receiving end: UDP and control on ports of one number. Serves one sender at a time. */
export class DatagramReceiver extends DatagramProtocol implements AsyncDisposable {
  readonly #reactor: BunReactor;
  #port: DatagramPort | null = null;
  #control: ListeningPort | null = null;
  #run: DatagramRun | null = null;
  #owner: LineConnection | null = null;
  #shedBefore = 0;
  #dropsBefore: number | null = null;

  constructor(reactor: BunReactor) {
    super();
    this.#reactor = reactor;
  }

  /** Listens; returns the port, of UDP and TCP alike. */
  async listen(host: string, port: number): Promise<number> {
    const factory = new Factory(() => this.#controlConnection());
    const control = await this.#reactor.listenTCP({ host, port }, factory);
    this.#control = control;
    const options = { host, port: control.host.port, receiveBufferBytes: RECEIVE_BUFFER_BYTES };
    this.#port = await this.#reactor.listenUDP(options, this);
    return control.host.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control?.stopListening();
    await this.#port?.stopListening();
  }

  override datagramReceived(data: Buffer): void {
    this.#run?.count(data, this.#reactor.now());
  }

  #controlConnection(): LineConnection {
    const connection = new LineConnection(
      (line) => this.#lineReceived(connection, line),
      () => this.#release(connection),
    );
    return connection;
  }

  #lineReceived(connection: LineConnection, line: string): void {
    try {
      this.#messageReceived(connection, parseSenderMessage(line));
    } catch (error) {
      send(connection, { type: "refused", reason: String(error) });
      connection.close();
    }
  }

  #messageReceived(connection: LineConnection, message: SenderMessage): void {
    if (message.type === "begin") {
      if (this.#owner !== null && this.#owner !== connection) {
        throw new Error("Another sender is being served");
      }
      const port = this.transport.getHost().port;
      this.#owner = connection;
      this.#run = new DatagramRun(message.run, message.datagram);
      this.#shedBefore = this.transport.stats.shed;
      this.#dropsBefore = socketDrops(port);
      send(connection, { type: "ready", port });
    } else {
      const run = this.#run;
      if (run === null || this.#owner !== connection) throw new Error("No run has begun");
      this.#reportWhenQuiet(connection, run, message);
    }
  }

  #reportWhenQuiet(
    connection: LineConnection,
    run: DatagramRun,
    { sent, quietMs }: { readonly sent: number; readonly quietMs: number },
  ): void {
    let receivedBefore = -1;
    let quietSince = this.#reactor.now();
    const look = () => {
      const now = this.#reactor.now();
      const { received } = run;
      if (received !== receivedBefore) quietSince = now;
      receivedBefore = received;
      if (received < sent && now - quietSince < quietMs) {
        this.#reactor.callLater(LOOK_EVERY_MS, look);
      } else if (this.#run === run) {
        this.#report(connection, run);
      }
    };
    look();
  }

  #report(connection: LineConnection, run: DatagramRun): void {
    const { received, duplicates, reordered, damaged, spanMs } = run;
    const drops = socketDrops(this.transport.getHost().port);
    const before = this.#dropsBefore;
    send(connection, {
      type: "report",
      report: {
        received,
        duplicates,
        reordered,
        damaged,
        spanMs,
        shed: this.transport.stats.shed - this.#shedBefore,
        socketDrops: drops === null || before === null ? null : drops - before,
      },
    });
    this.#run = null;
  }

  #release(connection: LineConnection): void {
    if (this.#owner !== connection) return;
    this.#owner = null;
    this.#run = null;
  }
}

function send(connection: LineConnection, message: ReceiverMessage): void {
  connection.send(message);
}
