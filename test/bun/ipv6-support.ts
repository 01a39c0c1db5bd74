import { RawListener } from "../raw-listener.ts";

/** Whether this system has IPv6; not all have. */
export const hasIPv6 = detect();

function detect(): boolean {
  try {
    new RawListener({ hostname: "::1" })[Symbol.dispose]();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EADDRNOTAVAIL") return false;
    throw error;
  }
}
