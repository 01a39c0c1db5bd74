/**
 * A protocol over standard input and output, for a test of their endpoint: the first argument says
 * which. What it has to tell goes to standard error, a line each.
 */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import type { CloseReason } from "../../src/reactor/close-reason.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";

const reactor = new BunReactor();

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Tells how it ended, and ends the program. */
abstract class Telling extends Protocol {
  override connectionLost(reason: CloseReason): void {
    const cause = reason.kind === "lost" ? ` ${(reason.cause as { code?: string }).code}` : "";
    tell(`${reason.kind}${cause}`);
    void reactor.stop();
  }
}

class Echo extends Telling {
  override dataReceived(data: Buffer): void {
    this.transport.write(data);
  }
}

/** Ends its side at once, and counts what the other side still has to say. */
class LastWord extends Telling {
  #received = 0;

  override connectionMade(): void {
    this.transport.write("last word\n");
    this.transport.loseWriteConnection();
  }

  override dataReceived(data: Buffer): void {
    this.#received += data.length;
  }

  override writeConnectionLost(): void {
    tell("ended");
  }

  override readConnectionLost(): void {
    tell(`received ${this.#received}`);
  }
}

/** Writes until it is told to pause, and closes when it may go on. */
class Flood extends Telling {
  #state: "flooding" | "paused" = "flooding";
  #written = 0;

  override connectionMade(): void {
    while (this.#state === "flooding") {
      this.#written += 1_000;
      this.transport.write(Buffer.alloc(1_000, "f"));
    }
  }

  override pauseWriting(): void {
    this.#state = "paused";
    tell(`paused ${this.#written}`);
  }

  override resumeWriting(): void {
    tell("resumed");
    this.transport.loseConnection();
  }
}

/** Writes for ever, as fast as it may. */
class Endless extends Telling {
  override connectionMade(): void {
    this.resumeWriting();
  }

  override resumeWriting(): void {
    while (this.transport.write(Buffer.alloc(10_000, "e")));
  }
}

/** Reads nothing until there is a signal, and then echoes. */
class Late extends Echo {
  override connectionMade(): void {
    this.transport.pauseProducing();
    process.once("SIGUSR1", () => this.transport.resumeProducing());
    tell("waiting");
  }
}

/** Ends at once, whatever is under way. */
class Abort extends Telling {
  override connectionMade(): void {
    this.transport.write(Buffer.alloc(1_000_000));
    this.transport.abortConnection();
  }
}

/** Asks for what cannot be. */
class Secure extends Telling {
  override connectionMade(): void {
    this.transport
      .startTLS({ side: "client", verify: false })
      .catch((error: Error) => tell(error.message));
  }
}

const PROTOCOLS = { Echo, LastWord, Flood, Endless, Late, Abort, Secure };
const protocol = PROTOCOLS[process.argv[2] as keyof typeof PROTOCOLS];
const endpoint = serverFromString(reactor, "stdio:");
reactor.callWhenRunning(async () => {
  await endpoint.listen(new Factory(() => new protocol()));
});
await reactor.run();
