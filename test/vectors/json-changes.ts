/** One small change of a JSON value. */
export interface Change {
  /** Such as `.events[0][1] left out`. */
  readonly what: string;
  /**
   * Where, without the places in lists, and with the verbs that lists begin with: `.ops.advance.1`
   * for the first argument of an operation.
   */
  readonly word: string;
  /** The value with the change. */
  readonly value: unknown;
}

/** How a scalar is changed: to another value of its type, and to one of another type. */
function otherScalars(value: unknown): unknown[] {
  if (typeof value === "string") {
    const flipped = String.fromCharCode(value.charCodeAt(0) ^ 1) + value.slice(1);
    return value === "" ? ["x", null] : [`${value}x`, value.slice(0, -1), flipped, null];
  }
  if (typeof value === "number") return [value + 1, value - 1, String(value), null];
  if (typeof value === "boolean") return [!value, Number(value), null];
  return [0, "", false];
}

/**
 * Every small change of a value: each key and each element left out, each element put in twice and
 * put behind its neighbour, each scalar another one, anything null, and an unknown key put in.
 */
export function* changesOf(value: unknown, what = "", word = ""): Generator<Change> {
  if (Array.isArray(value)) yield* changesOfList(value, what, word);
  else if (typeof value === "object" && value !== null) yield* changesOfObject(value, what, word);
  else {
    for (const other of otherScalars(value)) {
      yield { what: `${what} made ${JSON.stringify(other)}`, word, value: other };
    }
  }
}

function* changesOfObject(value: object, what: string, word: string): Generator<Change> {
  for (const [key, below] of Object.entries(value)) {
    const here = [`${what}.${key}`, `${word}.${key}`] as const;
    const { [key]: _, ...rest } = value as Readonly<Record<string, unknown>>;
    yield { what: `${here[0]} left out`, word: here[1], value: rest };
    for (const change of changesOf(below, ...here)) {
      yield { ...change, value: { ...value, [key]: change.value } };
    }
  }
  yield { what: `${what} with a wrong key`, word, value: { ...value, wibble: null } };
  yield { what: `${what} made null`, word, value: null };
}

function* changesOfList(list: readonly unknown[], what: string, word: string): Generator<Change> {
  const put = (index: number, ...others: unknown[]) => list.toSpliced(index, 1, ...others);
  for (const [index, element] of list.entries()) {
    const here = `${what}[${index}]`;
    const at = wordOfElement(list, word, index);
    yield { what: `${here} left out`, word: at, value: put(index) };
    yield { what: `${here} twice`, word: at, value: put(index, element, element) };
    for (const change of changesOf(element, here, at)) {
      yield { ...change, value: put(index, change.value) };
    }
    if (index + 1 === list.length) continue;
    const swapped = list.toSpliced(index, 2, list[index + 1], element);
    yield { what: `${here} behind the next one`, word: at, value: swapped };
  }
  yield { what: `${what} made null`, word, value: null };
}

/** Of a list that begins with a verb, the arguments are told apart; of others all are alike. */
function wordOfElement(list: readonly unknown[], word: string, index: number): string {
  const [first] = list;
  if (typeof first === "string" && word.endsWith(`.${first}`)) {
    return index === 0 ? word : `${word}.${index}`;
  }
  const element = list[index];
  return Array.isArray(element) && typeof element[0] === "string" ? `${word}.${element[0]}` : word;
}
