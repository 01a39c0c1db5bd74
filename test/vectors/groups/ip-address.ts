import { isIPv4, isIPv6 } from "../../../src/reactor/ip-address.ts";
import { flag, text } from "../notation/scalars.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

/** Whether a text is an IPv4 address. */
export const IS_IPV4: VectorGroup = vectorGroup({
  name: "isIPv4",
  input: { input: text },
  expect: flag,
  observe: ({ input }) => once(isIPv4(input)),
});

/** Whether a text is an IPv6 address. */
export const IS_IPV6: VectorGroup = vectorGroup({
  name: "isIPv6",
  input: { input: text },
  expect: flag,
  observe: ({ input }) => once(isIPv6(input)),
});
