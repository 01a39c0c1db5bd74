/** A child process that puts load on datagram echoes: the same code for whatever is compared. */
import { offer } from "../child-process.ts";
import { useOwnCore } from "../own-core.ts";
import { DatagramLoad, type DatagramLoadOrder, type DatagramLoadResult } from "./datagram-load.ts";

/** What the process offers; a load is known by its name. */
export interface DatagramLoadCalls {
  open(name: string, port: number, clients: number): Promise<void>;
  run(name: string, order: DatagramLoadOrder): Promise<DatagramLoadResult>;
  useOwnCore(core: number): boolean;
}

/** The script to start. */
export const DATAGRAM_LOAD_SCRIPT = import.meta.path;

if (import.meta.main) {
  const loads = new Map<string, DatagramLoad>();
  offer<DatagramLoadCalls>({
    async open(name, port, clients) {
      const load = new DatagramLoad();
      loads.set(name, load);
      await load.open(port, clients);
    },
    async run(name, order) {
      const load = loads.get(name);
      if (load === undefined) throw new Error(`There is no load ${name}`);
      return load.run(order);
    },
    useOwnCore,
  });
}
