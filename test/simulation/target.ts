import type { Scenario } from "../../src/testing/simulated-network.ts";

/** Something of ours that must survive every schedule. */
export interface Target {
  readonly name: string;
  readonly scenario: Scenario;
}

/** Where the server of every target is. */
export const HOST = "127.0.0.1";
export const PORT = 7;
