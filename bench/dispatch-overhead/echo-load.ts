import { seededBytes } from "../seeded-bytes.ts";
import { LoadConnection, type LoadOwner } from "./load-connection.ts";

/** What one stretch of load came to. */
export interface LoadResult {
  /** Messages that came back whole. */
  readonly messages: number;
  readonly elapsedMs: number;
}

/** A load of closed loops: each of its connections has one message under way. */
export class EchoLoad implements LoadOwner {
  readonly #connections: LoadConnection[] = [];
  #message: Uint8Array = new Uint8Array(0);
  #messages = 0;
  #underWay = 0;
  #stopAtMs = 0;
  #outcome = Promise.withResolvers<void>();

  /** Opens `count` connections to a port of this host. */
  async connect(port: number, count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const connection = new LoadConnection(this);
      await connection.connect(port);
      this.#connections.push(connection);
    }
  }

  /**
   * Sends messages of `messageBytes` for `durationMs` and waits until the last is back.
   *
   * @param compares whether each byte that comes back is looked at
   */
  async run(
    messageBytes: number,
    durationMs: number,
    seed: number,
    compares: boolean,
  ): Promise<LoadResult> {
    this.#message = seededBytes(messageBytes, seed);
    this.#messages = 0;
    this.#underWay = this.#connections.length;
    this.#outcome = Promise.withResolvers();
    const startedAt = performance.now();
    this.#stopAtMs = startedAt + durationMs;
    for (const connection of this.#connections) connection.send(this.#message, compares);
    await this.#outcome.promise;
    return { messages: this.#messages, elapsedMs: performance.now() - startedAt };
  }

  echoed(): Uint8Array | null {
    this.#messages++;
    if (performance.now() < this.#stopAtMs) return this.#message;
    this.#underWay--;
    if (this.#underWay === 0) this.#outcome.resolve();
    return null;
  }

  failed(why: string): void {
    this.#outcome.reject(new Error(why));
  }
}
