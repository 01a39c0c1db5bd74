/**
 * Finds the functions of a source by matching braces: a block is the body of a function when what
 * stands before it has parameters and is no class, type or control statement.
 *
 * Known limit: it reads formatted code, where statements end in semicolons.
 */

/** A function, method or arrow function with a block for a body. */
export interface FunctionSpan {
  /** Where its declaration starts. */
  readonly start: number;
  /** Behind its closing brace. */
  readonly end: number;
  /** The text from its declaration to its body. */
  readonly head: string;
}

const NOT_A_FUNCTION = new RegExp(
  String.raw`^(?:(?:case\b[^:]*|default):\s*|(?:export|declare|abstract)\s+)*` +
    String.raw`(?:class|interface|type|if|for|while|switch|catch|else|do|try|finally)\b`,
);

/** Behind one of these, a closing brace ends an object type and not a statement. */
const GOES_ON_BEHIND_BRACE = /^\s*(?:[>|&]|\[\])/;

/** The functions in `code`, which has its comments and literals blanked. */
export function functionSpans(code: string): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  const open: number[] = [];
  for (const { 0: brace, index } of code.matchAll(/[{}]/g)) {
    if (brace === "{") {
      open.push(index);
      continue;
    }
    const body = open.pop();
    if (body === undefined) continue;
    const start = headStart(code, body);
    const head = code.slice(start, body).trim();
    if (isFunctionHead(head)) found.push({ start, end: index + 1, head });
  }
  return found;
}

function isFunctionHead(head: string): boolean {
  if (head.endsWith("=>")) return true;
  return head.includes(")") && /[\w$>\])}]$/.test(head) && !NOT_A_FUNCTION.test(head);
}

/** Where the statement, member or argument list that leads to the brace at `body` starts. */
function headStart(code: string, body: number): number {
  let depth = 0;
  let at = body - 1;
  for (; at >= 0; at--) {
    const character = code.charAt(at);
    if (character === ";" && depth === 0) break;
    if (character === "}" && depth === 0 && !GOES_ON_BEHIND_BRACE.test(code.slice(at + 1, body))) {
      break;
    }
    if (")]}".includes(character)) depth++;
    if (!"([{".includes(character)) continue;
    if (depth === 0) break;
    depth--;
  }
  const gap = /^[\s,]*/.exec(code.slice(at + 1, body))?.[0].length ?? 0;
  return at + 1 + gap;
}
