import { EndpointParseError } from "../../../src/endpoints/endpoint-parse-error.ts";
import { quoteStringArgument, splitDescription } from "../../../src/endpoints/endpoint-string.ts";
import { choice, text } from "../notation/scalars.ts";
import { byKey, fields, listOf, record } from "../notation/shapes.ts";
import { mapped } from "../notation/kind.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** What stands for the one error that any bad endpoint string raises. */
export const parseError = fields({ error: choice("EndpointParseError") });

/** How an endpoint string is split. */
export const ENDPOINT_PARSE: VectorGroup = vectorGroup({
  name: "endpoint.parse",
  input: { input: text },
  expect: byKey({
    error: parseError,
    args: fields({ args: listOf(text), kwargs: mapped(record(text), Object.fromEntries) }),
  }),
  observe: ({ input }) => once(orParseError(() => argumentsOf(input))),
});

/** How a text is quoted for an endpoint string; split again, it is what it was. */
export const ENDPOINT_QUOTE: VectorGroup = vectorGroup({
  name: "endpoint.quote",
  input: { input: text },
  expect: text,
  observe({ input }) {
    const quoted = quoteStringArgument(input);
    const [, again] = argumentsOf(`x:${quoted}`).args;
    if (again !== input) throw new Error(`${JSON.stringify(quoted)} is split into ${again}`);
    return once(quoted);
  },
});

/** What `read` returns, or the error in the vectors' form. */
export function orParseError<T>(read: () => T): T | { readonly error: string } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EndpointParseError)) throw error;
    return { error: error.name };
  }
}

function argumentsOf(description: string) {
  const parts = splitDescription(description);
  const args = parts.filter((part) => part.name === null).map((part) => part.value);
  const named = parts.filter((part) => part.name !== null);
  return { args, kwargs: Object.fromEntries(named.map((part) => [part.name, part.value])) };
}
