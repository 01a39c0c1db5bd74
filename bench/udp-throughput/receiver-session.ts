import { type BunReactor, Factory } from "pretzel";
import type {
  DatagramPlan,
  ReceiverMessage,
  ReceiverReport,
  SenderMessage,
} from "./control-message.ts";
import { LineConnection } from "./line-connection.ts";

/** The sender's side of the control connection. `using` closes it. */
export class ReceiverSession implements Disposable {
  readonly #connection: LineConnection;
  #answer = Promise.withResolvers<ReceiverMessage>();
  #nextRun = 1;

  private constructor() {
    this.#connection = new LineConnection(
      (line) => this.#answer.resolve(JSON.parse(line) as ReceiverMessage),
      ({ kind }) => this.#answer.reject(new Error(`The receiver has gone (${kind})`)),
    );
    // Nobody waits for an answer while nothing is asked.
    this.#answer.promise.catch((error: unknown) => error);
  }

  /** Rejects when nobody listens there. */
  static async open(reactor: BunReactor, host: string, port: number): Promise<ReceiverSession> {
    const session = new ReceiverSession();
    await reactor.connectTCP({ host, port }, new Factory(() => session.#connection));
    return session;
  }

  /** Opens a run; returns its number and the UDP port to send to. */
  async begin(datagram: DatagramPlan): Promise<{ readonly run: number; readonly port: number }> {
    const run = this.#nextRun++;
    const answer = await this.#ask({ type: "begin", run, datagram });
    if (answer.type === "ready") return { run, port: answer.port };
    throw new Error(`The receiver answered ${JSON.stringify(answer)}`);
  }

  /** Closes the run; returns what came of it, at the latest when nothing has come for `quietMs`. */
  async end(sent: number, quietMs: number): Promise<ReceiverReport> {
    const answer = await this.#ask({ type: "end", sent, quietMs });
    if (answer.type === "report") return answer.report;
    throw new Error(`The receiver answered ${JSON.stringify(answer)}`);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  #ask(message: SenderMessage): Promise<ReceiverMessage> {
    this.#answer = Promise.withResolvers();
    this.#connection.send(message);
    return this.#answer.promise;
  }
}
