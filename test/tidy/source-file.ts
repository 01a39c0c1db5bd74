import { blankSpans, textSpans } from "./text-spans.ts";
import type { TextSpan } from "./text-spans.ts";

/** A TypeScript file, as the rules read it. All views have the same offsets and lines. */
export class SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and the contents of literals. */
  readonly code: string;
  /** The text without the contents of literals: what its author said, and the code. */
  readonly prose: string;
  readonly #lineStarts: number[];

  constructor(path: string, text: string) {
    const spans = textSpans(text);
    const isLiteral = (span: TextSpan) => span.kind === "literal";
    this.path = path;
    this.text = text;
    this.code = blankSpans(text, spans);
    this.prose = blankSpans(text, spans.filter(isLiteral));
    this.#lineStarts = [0, ...text.matchAll(/\n/g).map((end) => end.index + 1)];
  }

  get lines(): string[] {
    return this.text.replace(/\n$/, "").split("\n");
  }

  /** The number, from 1, of the line that `offset` is on. */
  lineAt(offset: number): number {
    const next = this.#lineStarts.findIndex((start) => start > offset);
    return next === -1 ? this.#lineStarts.length : next;
  }

  /** The contents of the string whose opening quote is at `quote`. */
  stringAt(quote: number): string {
    const end = this.code.indexOf(this.code.charAt(quote), quote + 1);
    return this.text.slice(quote + 1, end);
  }
}
