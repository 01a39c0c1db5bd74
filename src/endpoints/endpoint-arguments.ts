import { checkUNIXPath } from "../reactor/check-unix-path.ts";
import { isIPv4, isIPv6 } from "../reactor/ip-address.ts";
import { type DescriptionPlace, EndpointParseError } from "./endpoint-parse-error.ts";
import type { DescriptionPart, TypedParts } from "./endpoint-string.ts";
import { failureOf } from "./system-code.ts";

/** The numbers that make sense as something, and how they are written. */
interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly radix: 8 | 10;
}

/** Port 0 has the system choose one. */
const PORTS: NumberRange = { min: 0, max: 65_535, radix: 10 };

const PEER_PORTS: NumberRange = { ...PORTS, min: 1 };

/** The permission bits that chmod(2) knows. */
const MODES: NumberRange = { min: 0, max: 0o7777, radix: 8 };

/** More means nothing to a system: it is cut at `net.core.somaxconn`. */
const BACKLOGS: NumberRange = { min: 0, max: 65_535, radix: 10 };

/** Up to more than a process may have open files. */
const INDICES: NumberRange = { min: 0, max: 1_048_576, radix: 10 };

/** What timers can be set to at all, in seconds. */
const MAX_SECONDS = 2_147_483;

/** What most likely went wrong with an IPv6 address or a path. */
const COLON_HINT = String.raw`; a colon within a value is written "\:"`;

/** What one type of endpoint takes. */
export interface EndpointSignature {
  /** The names of values that may go by their place, in that order. */
  readonly places: readonly string[];
  /** The names of values that go by name alone. */
  readonly keywords?: readonly string[];
}

/** A value that names a file, and where it was written, so that an error can say it. */
export interface FileArgument extends DescriptionPlace {
  readonly name: string;
  readonly path: string;
}

/**
 * The values of one endpoint string by their names. Every value that makes no sense, and every one
 * that is unknown or there twice, is an `EndpointParseError` that says where it stands.
 */
export class EndpointArguments {
  readonly #type: DescriptionPart;
  readonly #given = new Map<string, DescriptionPart>();

  /** @throws {EndpointParseError} for what `signature` does not allow */
  constructor({ type, parts }: TypedParts, signature: EndpointSignature) {
    this.#type = type;
    const { places, keywords = [] } = signature;
    const known = [...new Set([...places, ...keywords])];
    const byPlace = parts.filter((part) => part.name === null);
    for (const part of parts) {
      const name = part.name ?? places[byPlace.indexOf(part)];
      if (name === undefined) throw new EndpointParseError(part, tooMany(part, type, places));
      if (!known.includes(name)) {
        const takes = known.length === 0 ? "nothing" : known.join(", ");
        throw new EndpointParseError(part, `"${name}" is unknown: ${type.value} takes ${takes}`);
      }
      if (this.#given.has(name)) {
        const hint = part.name === null ? COLON_HINT : "";
        throw new EndpointParseError(part, `"${name}" is given twice${hint}`);
      }
      this.#given.set(name, part);
    }
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** A text as it is; `fallback` where none is given. */
  text<T extends string | null>(name: string, fallback: T): string | T {
    return this.#given.get(name)?.value ?? fallback;
  }

  /** A text that has to be there, and not be empty. */
  requiredText(name: string): string {
    const value = this.#required(name).value;
    if (value === "") throw this.error(name, `"${name}" is empty`);
    return value;
  }

  /** A host name or an IP address that has to be there. */
  host(name: string): string {
    const value = this.requiredText(name);
    if (!/[\s[\]/]/.test(value)) return value;
    const detail = "a name or an IP address is needed, with no space, slash or bracket";
    throw this.error(name, `"${value}" is no ${name}: ${detail}`);
  }

  /** A port number to listen at; needed when there is no `fallback`. */
  port(name: string, fallback?: number): number {
    const part = fallback === undefined ? this.#required(name) : this.#given.get(name);
    return part === undefined ? (fallback ?? 0) : this.#number(name, part, PORTS);
  }

  /** The port number of a peer, which has to be there. Nobody can be reached at port 0. */
  peerPort(name: string): number {
    return this.#number(name, this.#required(name), PEER_PORTS);
  }

  /** The path or abstract name of a UNIX socket, which has to be there. */
  unixPath(name: string): string {
    const path = this.requiredText(name);
    try {
      checkUNIXPath(path);
      return path;
    } catch (error) {
      throw this.error(name, `"${name}" cannot be used: ${failureOf(error)}`, error);
    }
  }

  /** How many connections may wait. */
  backlog(name: string, fallback: number): number {
    const part = this.#given.get(name);
    return part === undefined ? fallback : this.#number(name, part, BACKLOGS);
  }

  /** The place in a list, counted from 0, that has to be given. */
  index(name: string): number {
    return this.#number(name, this.#required(name), INDICES);
  }

  /** Permissions, written as chmod(1) takes them. */
  mode(name: string, fallback: number): number {
    const part = this.#given.get(name);
    return part === undefined ? fallback : this.#number(name, part, MODES);
  }

  /** A duration in seconds, perhaps with a fraction. */
  seconds(name: string, fallback: number): number {
    const part = this.#given.get(name);
    if (part === undefined) return fallback;
    const seconds = /^\d+(?:\.\d+)?$/.test(part.value) ? Number(part.value) : Number.NaN;
    if (seconds <= MAX_SECONDS) return seconds;
    throw this.error(name, `"${part.value}" is no ${name} in seconds from 0 to ${MAX_SECONDS}`);
  }

  /** 1 or 0. */
  flag(name: string, fallback: boolean): boolean {
    const part = this.#given.get(name);
    if (part === undefined) return fallback;
    if (part.value === "0" || part.value === "1") return part.value === "1";
    throw this.error(name, `"${part.value}" is no ${name}: 0 or 1 is needed`);
  }

  /** An IP address of one of `families`; empty text and nothing give `fallback`. */
  ipAddress<T extends string | null>(
    name: string,
    fallback: T,
    families: readonly ("IPv4" | "IPv6")[] = ["IPv4", "IPv6"],
  ): string | T {
    const value = this.#given.get(name)?.value ?? "";
    if (value === "") return fallback;
    if (families.includes("IPv4") && isIPv4(value)) return value;
    if (families.includes("IPv6") && isIPv6(value)) return value;
    throw this.error(name, `"${value}" is no ${families.join(" or ")} address`);
  }

  /** One of a few words, which may be written in upper or lower case. */
  word<T extends string>(name: string, words: readonly T[]): T {
    const { value } = this.#required(name);
    const word = words.find((each) => each.toLowerCase() === value.toLowerCase());
    if (word !== undefined) return word;
    throw this.error(name, `"${value}" is no ${name}: one of ${words.join(", ")} is needed`);
  }

  /** The path of a file or folder that has to be given. */
  requiredFile(name: string): FileArgument {
    return this.file(name, this.requiredText(name));
  }

  /** A path by this name, or else `fallback`, then with the place of the type. */
  file<T extends string | null>(
    name: string,
    fallback: T,
  ): T extends null ? FileArgument | null : FileArgument;
  file(name: string, fallback: string | null): FileArgument | null {
    const path = this.text(name, fallback);
    if (path === null) return null;
    if (path === "") throw this.error(name, `"${name}" is empty`);
    const { description, text, position } = this.placeOf(name);
    return { name, path, description, text, position };
  }

  /** Where the value called `name` stands, or the type where that is not given. */
  placeOf(name: string): DescriptionPlace {
    return this.#given.get(name) ?? this.#type;
  }

  /** An error about the value called `name`. */
  error(name: string, detail: string, cause?: unknown): EndpointParseError {
    return new EndpointParseError(this.placeOf(name), detail, { cause });
  }

  #required(name: string): DescriptionPart {
    const part = this.#given.get(name);
    if (part !== undefined) return part;
    throw new EndpointParseError(this.#type, `${this.#type.value} needs "${name}"`);
  }

  #number(name: string, { value }: DescriptionPart, { min, max, radix }: NumberRange): number {
    const digits = radix === 8 ? /^[0-7]{1,9}$/ : /^\d{1,9}$/;
    const number = digits.test(value) ? Number.parseInt(value, radix) : Number.NaN;
    if (number >= min && number <= max) return number;
    const kind = radix === 8 ? "an octal number" : "a whole number";
    const limits = `${min} to ${max.toString(radix)}`;
    throw this.error(name, `"${value}" is no ${name}: ${kind} from ${limits} is needed`);
  }
}

function tooMany(
  { value }: DescriptionPart,
  type: DescriptionPart,
  places: readonly string[],
): string {
  const takes = places.length === 0 ? "no value" : `at most ${places.join(", ")}`;
  return `"${value}" is one value too many: ${type.value} takes ${takes} by place${COLON_HINT}`;
}
