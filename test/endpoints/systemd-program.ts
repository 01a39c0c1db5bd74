/**
 * Listens at the endpoints that its arguments describe, and answers each connection with the place
 * of the description among them. Prints where it listens, or why it cannot.
 */
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { serverFromString } from "../../src/endpoints/server-from-string.ts";
import { Factory } from "../../src/reactor/factory.ts";
import { Protocol } from "../../src/reactor/protocol.ts";

class Answer extends Protocol {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override connectionMade(): void {
    this.transport.write(this.#text);
    this.transport.loseConnection();
  }
}

const reactor = new BunReactor();
const lines: string[] = [];
for (const [place, description] of process.argv.slice(2).entries()) {
  try {
    const endpoint = serverFromString(reactor, description);
    const port = await endpoint.listen(new Factory(() => new Answer(`${place}`)));
    lines.push(port.host.toString());
  } catch (error) {
    lines.push(String(error));
  }
}
process.stdout.write(`${lines.join("\n")}\n`);
await reactor.run();
