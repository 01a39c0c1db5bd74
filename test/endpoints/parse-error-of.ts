import { EndpointParseError } from "../../src/endpoints/endpoint-parse-error.ts";

/**
 * The `EndpointParseError` that `call` throws. @throws whatever else it throws, or that it does not
 */
export function parseErrorOf(call: () => unknown): EndpointParseError {
  try {
    call();
  } catch (error) {
    if (error instanceof EndpointParseError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
}
