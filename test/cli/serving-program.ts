import { networkInterfaces } from "node:os";
import { SMALL_SERVICES } from "../../src/services/small-services.ts";
import { RunningProgram } from "./running-program.ts";

/** Where the program serves unless told: a machine may be without IPv6. */
export const SERVED_HOSTS: readonly string[] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .some(({ address }) => address === "::1")
  ? ["127.0.0.1", "::1"]
  : ["127.0.0.1"];

/** As the command line writes a host that has a port behind it. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Below the ports that the system gives to clients, so that those do not get in the way. */
const FIRST_BASE = 20_000;
/** More than the distance between the first and the last service. */
const BASE_STEP = 40;
const BASES = 300;

/** Others may run the same tests on this machine at this moment. */
const MAX_ATTEMPTS = 20;

/** A running `pretzel serve` on ports that were free. */
export interface ServingProgram {
  readonly program: RunningProgram;
  /** The real port of a service. */
  readonly port: (service: string) => number;
  readonly portBase: number;
}

/** Starts `pretzel serve` on some free ports, and resolves when it serves. */
export async function startServing(...options: (string | number)[]): Promise<ServingProgram> {
  for (let attempt = 1; ; attempt++) {
    const portBase = FIRST_BASE + BASE_STEP * Math.floor(Math.random() * BASES);
    const program = new RunningProgram("serve", "--port-base", portBase, ...options);
    try {
      await program.prints(/\n\n(?:.+\n)+\n/);
      return { program, portBase, port: (service) => portBase + wellKnownPort(service) };
    } catch (error) {
      const { errors } = await program.end();
      if (attempt === MAX_ATTEMPTS || !errors.includes("EADDRINUSE")) throw error;
    }
  }
}

function wellKnownPort(name: string): number {
  const service = SMALL_SERVICES.find((each) => each.name === name);
  if (service === undefined) throw new Error(`There is no service ${name}`);
  return service.port;
}
