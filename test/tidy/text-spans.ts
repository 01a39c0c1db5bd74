/**
 * Finds the parts of a TypeScript source that are not code: comments, and what is inside strings,
 * template literals and regular expressions. Rules blank them, so that a word in a comment is not
 * taken for a call, while every offset and line number stays what it was.
 *
 * Known limit: after `)`, `]` or `}` a slash is taken for a division, so a regular expression that
 * starts a statement there is read as code. The formatter's output has none.
 */

/** A stretch of text from `start` up to, not including, `end`. */
export interface TextSpan {
  readonly kind: "comment" | "literal";
  readonly start: number;
  readonly end: number;
}

/** After one of these words a slash begins a regular expression. */
const WORDS_BEFORE_REGEXP = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
);

/**
 * The comments, whole, and the contents of the literals, without their quotes, in order of
 * appearance. The expressions inside a template literal are code.
 */
export function textSpans(source: string): TextSpan[] {
  return new SpanScanner(source).scan();
}

/** `source` with everything in `spans` but its line ends turned into spaces; as long as before. */
export function blankSpans(source: string, spans: readonly TextSpan[]): string {
  let blanked = "";
  let from = 0;
  for (const span of spans) {
    blanked += source.slice(from, span.start);
    blanked += source.slice(span.start, span.end).replace(/[^\n]/g, " ");
    from = span.end;
  }
  return blanked + source.slice(from);
}

class SpanScanner {
  readonly #source: string;
  readonly #spans: TextSpan[] = [];
  /** For each template literal we are inside an expression of: how many braces are open in it. */
  readonly #openBraces: number[] = [];
  #at = 0;
  /** Where the last character of code is that is neither space nor comment; -1 before any. */
  #lastCode = -1;

  constructor(source: string) {
    this.#source = source;
  }

  scan(): TextSpan[] {
    if (this.#source.startsWith("#!")) this.#skip("comment", this.#lineEnd());
    while (this.#at < this.#source.length) this.#step();
    return this.#spans;
  }

  #step(): void {
    const character = this.#source.charAt(this.#at);
    if (character === "/") this.#slash();
    else if (character === '"' || character === "'") this.#quoted(character);
    else if (character === "`") this.#templateText();
    else if (character === "}" && this.#openBraces.at(-1) === 0) {
      this.#openBraces.pop();
      this.#templateText();
    } else {
      this.#countBrace(character);
      if (character.trim() !== "") this.#lastCode = this.#at;
      this.#at++;
    }
  }

  #countBrace(character: string): void {
    const open = this.#openBraces.at(-1);
    if (open === undefined) return;
    if (character === "{") this.#openBraces[this.#openBraces.length - 1] = open + 1;
    if (character === "}") this.#openBraces[this.#openBraces.length - 1] = open - 1;
  }

  #slash(): void {
    const next = this.#source.charAt(this.#at + 1);
    if (next === "/") return this.#skip("comment", this.#lineEnd());
    if (next === "*") {
      const close = this.#source.indexOf("*/", this.#at + 2);
      return this.#skip("comment", close === -1 ? this.#source.length : close + 2);
    }
    const end = this.#regexpMayStart() ? this.#regexpEnd() : -1;
    if (end === -1) {
      this.#lastCode = this.#at++;
    } else {
      this.#literal(end);
    }
  }

  #regexpMayStart(): boolean {
    const before = this.#source.slice(Math.max(0, this.#lastCode - 11), this.#lastCode + 1);
    if (/[\w$]$/.test(before)) {
      return WORDS_BEFORE_REGEXP.has(/(?<![.\w$])[a-z]+$/.exec(before)?.[0] ?? "");
    }
    return !/[)\]}"'`]$/.test(before);
  }

  /** Where the slash is that closes the regular expression starting here; -1 when it is none. */
  #regexpEnd(): number {
    let inClass = false;
    for (let at = this.#at + 1; at < this.#source.length; at++) {
      const character = this.#source.charAt(at);
      if (character === "\n") return -1;
      if (character === "\\") at++;
      else if (character === "[") inClass = true;
      else if (character === "]") inClass = false;
      else if (character === "/" && !inClass) return at;
    }
    return -1;
  }

  #quoted(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#source.length && !`${quote}\n`.includes(this.#source.charAt(end))) {
      end += this.#source.charAt(end) === "\\" ? 2 : 1;
    }
    this.#literal(Math.min(end, this.#source.length));
  }

  /** From a backtick or a closing brace to the next expression or the closing backtick. */
  #templateText(): void {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source.charAt(end) !== "`") {
      if (this.#source.startsWith("${", end)) {
        this.#openBraces.push(0);
        this.#literal(end);
        this.#lastCode = this.#at++;
        return;
      }
      end += this.#source.charAt(end) === "\\" ? 2 : 1;
    }
    this.#literal(Math.min(end, this.#source.length));
  }

  /** Records what is between the delimiter here and the one at `end`, and goes on behind that. */
  #literal(end: number): void {
    if (end > this.#at + 1) this.#spans.push({ kind: "literal", start: this.#at + 1, end });
    this.#lastCode = end;
    this.#at = end + 1;
  }

  #skip(kind: TextSpan["kind"], end: number): void {
    this.#spans.push({ kind, start: this.#at, end });
    this.#at = end;
  }

  #lineEnd(): number {
    const end = this.#source.indexOf("\n", this.#at);
    return end === -1 ? this.#source.length : end;
  }
}
