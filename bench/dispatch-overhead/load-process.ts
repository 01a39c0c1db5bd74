/** A child process that puts load on echo servers: the same code for whatever is compared. */
import { offer } from "../child-process.ts";
import { EchoLoad, type LoadResult } from "./echo-load.ts";
import { readSlowly, type SlowReaderResult } from "./slow-reader.ts";

/** What the process offers; a load is known by the port it was connected to. */
export interface LoadCalls {
  connect(port: number, connections: number): Promise<void>;
  run(
    port: number,
    messageBytes: number,
    durationMs: number,
    seed: number,
    compares: boolean,
  ): Promise<LoadResult>;
  readSlowly(port: number, bytes: number, seed: number): Promise<SlowReaderResult>;
}

/** The script to start. */
export const LOAD_SCRIPT = import.meta.path;

if (import.meta.main) {
  const loads = new Map<number, EchoLoad>();
  offer<LoadCalls>({
    async connect(port, connections) {
      const load = new EchoLoad();
      loads.set(port, load);
      await load.connect(port, connections);
    },
    async run(port, ...args) {
      const load = loads.get(port);
      if (load === undefined) throw new Error(`No load is connected to port ${port}`);
      return load.run(...args);
    },
    readSlowly,
  });
}
