import type { InternetAddress } from "../reactor/address.ts";

/**
 * Addresses with their families in turn, beginning with that of the first one, so that a family
 * that does not work costs one attempt and not all of its own (RFC 8305 section 4). Within a family
 * the order stays.
 */
export function interleaveFamilies(addresses: readonly InternetAddress[]): InternetAddress[] {
  const [first] = addresses;
  if (first === undefined) return [];
  const own = addresses.filter((each) => each.family === first.family);
  const others = addresses.filter((each) => each.family !== first.family);
  const longest = Math.max(own.length, others.length);
  return Array.from({ length: longest }, (_, index) =>
    [own[index], others[index]].filter((each) => each !== undefined),
  ).flat();
}
