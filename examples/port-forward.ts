/**
 * Passes on what comes in at one endpoint to another, and what comes back; for at most 100 clients,
 * 10 of them from one address, until nothing was said for ten minutes.
 *
 *   bun examples/port-forward.ts [FROM [TO]]
 *   bun examples/port-forward.ts tcp:8080:interface=127.0.0.1 tls:example.org:443
 */
import {
  BunReactor,
  clientFromString,
  portForward,
  serverFromString,
  withLimits,
  withTimeout,
} from "pretzel";

const [from = "tcp:7050:interface=127.0.0.1", to = "tcp:127.0.0.1:7007"] = process.argv.slice(2);
const reactor = new BunReactor();
const forwarder = portForward(clientFromString(reactor, to), {
  connectFailed: (error, client) => console.error(`${client} is sent away: ${error}`),
});
const patient = withTimeout(forwarder, { clock: reactor, idleMs: 600_000 });
const limited = withLimits(patient, { maxConnections: 100, maxPerPeer: 10 });
await using listening = await serverFromString(reactor, from).listen(limited);
console.log(`forwarding ${listening.host}`);
await reactor.run();
