import { ConnectError, connectErrorFor } from "../reactor/connect-error.ts";
import { messageOf, systemCodeOf } from "./system-error.ts";

/**
 * Why there is no connection to `address`: mistakes of the caller go through as they are
 * (`TypeError`, `RangeError`, `InvalidAddressError`); what the world did becomes a `ConnectError`.
 */
export function connectFailure(address: string, cause: unknown): Error {
  if (cause instanceof ConnectError) return cause;
  const { code } = systemCodeOf(cause);
  if (code !== undefined) return connectErrorFor(address, code, cause);
  if (cause instanceof Error && cause.constructor !== Error) return cause;
  return new ConnectError(address, messageOf(cause), { cause });
}

/**
 * Why there is no connection to any of several addresses: the error of the only one as it is; or
 * one that has all of theirs in its `cause`, and is of the same class if they are alike.
 *
 * @param target what the addresses are of
 */
export function failureOfAll(
  target: string,
  failures: readonly [ConnectError, ...ConnectError[]],
): ConnectError {
  const [first, ...others] = failures;
  if (others.length === 0) return first;
  const alike = others.every((each) => each.constructor === first.constructor);
  const errorClass = alike ? (first.constructor as typeof ConnectError) : ConnectError;
  const details = failures.map(({ message }) => message.replace("Cannot connect to ", ""));
  const detail = `all ${failures.length} addresses failed: ${details.join("; ")}`;
  return new errorClass(target, detail, {
    code: alike ? first.code : undefined,
    cause: new AggregateError(failures, detail),
  });
}
