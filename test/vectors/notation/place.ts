/** A vector does not keep to the notation; the run fails, whatever the code under test does. */
export class NotationError extends Error {
  override readonly name = "NotationError";
}

/** The error of a name that the vector uses and nothing in it has. */
export function unknownName(what: string, name: string, known: Iterable<string>): NotationError {
  const names = [...known].join(", ") || "none";
  return new NotationError(`has no ${what} called "${name}": known are ${names}`);
}

/**
 * Where in a vector a value stands, for the messages; and which words of the notation were read so
 * far, so that one can see that every word has a vector.
 */
export class Place {
  /** As `config.maxLength`: what is read here, whichever element of a list it is. */
  readonly word: string;
  readonly #vector: string;
  readonly #path: string;
  readonly #used: Set<string>;

  constructor(vector: string, used: Set<string> = new Set(), path = "", word = "") {
    this.#vector = vector;
    this.#used = used;
    this.#path = path;
    this.word = word;
  }

  /** The value of a key. */
  key(name: string): Place {
    return this.#below(dotted(this.#path, name), dotted(this.word, name));
  }

  /** An element of a list. */
  item(index: number): Place {
    return this.#below(`${this.#path}[${index}]`, this.word);
  }

  /** The value of a key that is no word of the notation, but a name that the vector gives. */
  entry(name: string): Place {
    return this.#below(dotted(this.#path, name), this.word);
  }

  /** The same value, of which it is known of which type it is. */
  ofType(type: string): Place {
    return this.#below(this.#path, dotted(this.word, type));
  }

  /** The same value, whose words are the same wherever it stands. */
  named(name: string): Place {
    return this.#below(this.#path, name);
  }

  /** An argument of a verb, which stands first in the list. */
  argument(verb: string, index: number): Place {
    return this.#below(`${this.#path}[${index}]`, `${dotted(this.word, verb)}.${index}`);
  }

  /** Notes that this word was read. */
  use(word: string): void {
    this.#used.add(word);
  }

  /** @param problem goes on after the place, as in `is "x": a whole number is needed` */
  error(problem: string): NotationError {
    return new NotationError(`${this.#vector}: ${this.#path || "the vector"} ${problem}`);
  }

  #below(path: string, word: string): Place {
    return new Place(this.#vector, this.#used, path, word);
  }
}

/** Two steps of a path, of which the first may be empty. */
export function dotted(before: string, name: string): string {
  return before === "" ? name : `${before}.${name}`;
}
