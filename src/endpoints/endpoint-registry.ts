import type { StreamClientEndpoint, StreamServerEndpoint } from "../reactor/endpoint.ts";
import type { Reactor } from "../reactor/reactor.ts";
import { CLIENT_TYPES } from "./client-description.ts";
import { EndpointParseError } from "./endpoint-parse-error.ts";
import type { TypedParts } from "./endpoint-string.ts";
import { SERVER_TYPES } from "./server-description.ts";
import { failureOf } from "./system-code.ts";

/** What an endpoint string says after its type, with escapes undone. */
export interface EndpointStringArguments {
  /** The values by place. */
  readonly places: readonly string[];
  /** The values by name; none is there twice. */
  readonly keywords: ReadonlyMap<string, string>;
}

/**
 * Makes endpoints of a type of its own from strings. What a method throws becomes an
 * `EndpointParseError` with it as the `cause`; values that it does not know it should refuse.
 */
export interface EndpointTypeParser {
  /** Called by `serverFromString`; without it there are no servers of this type. */
  parseServer?(reactor: Reactor, given: EndpointStringArguments): StreamServerEndpoint;
  /** Called by `clientFromString`; without it there are no clients of this type. */
  parseClient?(reactor: Reactor, given: EndpointStringArguments): StreamClientEndpoint;
}

const REGISTERED = new Map<string, EndpointTypeParser>();

/**
 * Makes a type of endpoint known to `serverFromString` and `clientFromString` in this process.
 *
 * @param prefix what its strings begin with, before the first colon; case does not matter
 * @returns what takes it back, by `using` too
 * @throws {RangeError} when the prefix is no word of letters, digits, `.`, `_`, `+` and `-`
 * @throws {Error} when there is such a type already
 */
export function registerEndpointType(prefix: string, parser: EndpointTypeParser): Disposable {
  const name = prefix.toLowerCase();
  if (!/^[a-z][a-z0-9.+_-]*$/.test(name)) {
    throw new RangeError(`Cannot register endpoint type "${prefix}": a word is needed`);
  }
  if ([...SERVER_TYPES, ...CLIENT_TYPES, ...REGISTERED.keys()].includes(name)) {
    throw new Error(`Cannot register endpoint type "${prefix}": there is one already`);
  }
  REGISTERED.set(name, parser);
  return {
    [Symbol.dispose]() {
      if (REGISTERED.get(name) === parser) REGISTERED.delete(name);
    },
  };
}

/** The registered types that have one of the two methods. */
export function registeredTypes(method: keyof EndpointTypeParser): string[] {
  return [...REGISTERED].filter(([, parser]) => parser[method] !== undefined).map(([name]) => name);
}

/**
 * Has a registered type make an endpoint.
 *
 * @throws {EndpointParseError} when it cannot, or a keyword is there twice
 */
export function parseRegistered<M extends keyof EndpointTypeParser>(
  method: M,
  reactor: Reactor,
  { type, parts }: TypedParts,
): ReturnType<NonNullable<EndpointTypeParser[M]>> {
  const places = parts.flatMap((part) => (part.name === null ? [part.value] : []));
  const keywords = new Map<string, string>();
  for (const part of parts) {
    if (part.name === null) continue;
    if (keywords.has(part.name))
      throw new EndpointParseError(part, `"${part.name}" is given twice`);
    keywords.set(part.name, part.value);
  }
  const parser = REGISTERED.get(type.value.toLowerCase());
  try {
    const endpoint = parser?.[method]?.(reactor, { places, keywords });
    if (endpoint === undefined) throw new TypeError(`its parser has no ${method}`);
    return endpoint as ReturnType<NonNullable<EndpointTypeParser[M]>>;
  } catch (cause) {
    if (cause instanceof EndpointParseError) throw cause;
    throw new EndpointParseError(type, failureOf(cause), { cause });
  }
}
