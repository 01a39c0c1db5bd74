/**
 * Prints the lines of a server for as long as it runs: whenever the connection is lost it comes
 * back, a little later each time, and says again who it is.
 *
 *   bun examples/line-follower.ts [ENDPOINT [NAME]]
 *   bun examples/line-follower.ts tcp:127.0.0.1:7040 Ada
 */
import {
  backoff,
  BunReactor,
  ClientService,
  clientFromString,
  Factory,
  LineOnlyReceiver,
} from "pretzel";

const [endpoint = "tcp:127.0.0.1:7040", name = "Ada"] = process.argv.slice(2);

class Follower extends LineOnlyReceiver {
  override delimiter = "\n";

  override lineReceived(line: Buffer): void {
    console.log(line.toString());
  }
}

const reactor = new BunReactor();
await using follower = new ClientService(
  clientFromString(reactor, endpoint),
  Factory.forProtocol(Follower),
  {
    clock: reactor,
    retry: backoff({ initialMs: 100, maxMs: 5_000, jitterMs: 100 }),
    prepare: (protocol) => void protocol.sendLine(`${name} listens`),
  },
);
reactor.addSystemEventTrigger("before", "shutdown", () => follower.stop());
await follower.start();
await reactor.run();
