import type { InternetAddress } from "../../../src/reactor/address.ts";
import { Factory } from "../../../src/reactor/factory.ts";
import { Protocol } from "../../../src/reactor/protocol.ts";
import { type ScriptedHost, ScriptedNetwork, settle } from "../../transport/scripted-network.ts";
import { mapped } from "../notation/kind.ts";
import { choice, onMicrosecondGrid, seconds, text } from "../notation/scalars.ts";
import { byKey, fields, listOf, tuple, withDefault } from "../notation/shapes.ts";
import { type Observation, type VectorGroup, vectorGroup } from "../vector-group.ts";
import { withinTimesSorted, stepOf } from "./time-grid.ts";

const PORT = 80;

/** Beyond every timeout that a connect has by default. */
const MAX_RACE_MS = 60_000;

/** How long nothing more may happen once there is a result. */
const QUIET_MS = 2_000;

/** Connecting to a name that has several addresses, on both kinds of clock. */
export const HAPPY_EYEBALLS: VectorGroup = vectorGroup({
  name: "happyEyeballs",
  input: {
    addresses: listOf(
      fields({
        host: text,
        result: choice("connect", "fail", "hang"),
        after: withDefault(seconds, 0),
      }),
    ),
    attemptDelay: seconds,
  },
  expect: fields({
    attempts: mapped(listOf(tuple(text, seconds)), withinTimesSorted),
    result: byKey({
      connected: fields({ connected: text, at: seconds }),
      error: fields({
        error: choice("DNSLookupError", "ConnectionRefusedError", "TimeoutError"),
        at: seconds,
      }),
    }),
    // All at the moment of the result.
    cancelled: mapped(listOf(text), (hosts) => hosts.toSorted()),
  }),
  async observe({ addresses, attemptDelay }) {
    const hosts = addresses.map(({ host, result, after }) => ({ host, result, afterMs: after }));
    const observations: Observation[] = [];
    for (const move of ["advance", "jump"] as const) {
      const outcome = await outcomeOf(hosts, attemptDelay, move);
      observations.push({ how: `on a clock that moves by ${move}`, outcome });
    }
    return observations;
  },
});

class Quiet extends Protocol {
  get peer(): string {
    return (this.transport.getPeer() as InternetAddress).host;
  }
}

async function outcomeOf(
  hosts: readonly ScriptedHost[],
  attemptDelayMs: number,
  move: "advance" | "jump",
): Promise<object> {
  const network = new ScriptedNetwork(hosts);
  const factory = Factory.forProtocol(Quiet);
  for (const { host } of hosts) await network.listenTCP({ host, port: PORT }, factory);
  const resolver = async () => hosts.map(({ host }) => host);
  const options = { host: "example.org", port: PORT, resolver, attemptDelayMs };
  const results: object[] = [];
  const at = () => onMicrosecondGrid(network.now());
  network.connectTCP(options, factory).then(
    (protocol) => results.push({ connected: protocol.peer, at: at() }),
    (error: Error) => results.push({ error: error.name, at: at() }),
  );
  const stepMs = stepOf([attemptDelayMs, ...hosts.map(({ afterMs }) => afterMs)]);
  await settle();
  while (results.length === 0 && network.now() < MAX_RACE_MS) {
    await network.advance(stepMs, stepMs, move);
  }
  await network.advance(QUIET_MS, stepMs, move);
  const [result] = results;
  if (result === undefined) throw new Error(`There is no result within ${MAX_RACE_MS} ms`);
  return {
    attempts: withinTimesSorted(
      network.attempts.map(([host, ms]) => [host, onMicrosecondGrid(ms)] as const),
    ),
    result,
    cancelled: network.cancelled.toSorted(),
  };
}
