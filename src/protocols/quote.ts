import { Protocol } from "../reactor/protocol.ts";

/** RFC 865: a quote should have fewer than 512 characters. */
const MAX_QUOTE_BYTES = 511;

/** What Twisted's service says, every day. */
const DEFAULT_QUOTE = "An apple a day keeps the doctor away.\r\n";

/**
 * The Quote of the Day Protocol over TCP (RFC 865): sends one quote and closes, whatever the peer
 * sends. A new instance for each connection, so each may have another quote.
 */
export class Quote extends Protocol {
  readonly #quote: string;

  /**
   * @param quote printable ASCII, with its line ends; by default Twisted's, about an apple
   * @throws {RangeError} when it has more than 511 bytes, or anything that is not printable
   */
  constructor(quote: string = DEFAULT_QUOTE) {
    super();
    const length = Buffer.byteLength(quote);
    if (length > MAX_QUOTE_BYTES) {
      throw new RangeError(`The quote has ${length} bytes: at most ${MAX_QUOTE_BYTES} are allowed`);
    }
    const odd = quote.search(/[^ -~\r\n]/);
    if (odd >= 0) {
      throw new RangeError(`The quote has something other than printable ASCII at index ${odd}`);
    }
    this.#quote = quote;
  }

  override connectionMade(): void {
    this.transport.write(this.#quote);
    this.transport.loseConnection();
  }
}
