import { readFileSync } from "node:fs";

/** What proc(5) has of the UDP sockets of this network. */
const TABLES = ["/proc/net/udp", "/proc/net/udp6"];

/**
 * How many datagrams the kernel has dropped at the sockets bound to `port`, because their buffers
 * were full or a filter of theirs said so; null where the system does not tell.
 */
export function socketDrops(port: number): number | null {
  let drops: number | null = null;
  for (const path of TABLES) {
    const table = readTable(path);
    if (table !== null) drops = (drops ?? 0) + dropsIn(table, port);
  }
  return drops;
}

/** The drops of `port` in the text of a table. */
export function dropsIn(table: string, port: number): number {
  let drops = 0;
  for (const line of table.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const localPort = Number.parseInt(fields[1]?.split(":").at(-1) ?? "", 16);
    if (localPort === port) drops += Number(fields.at(-1));
  }
  return drops;
}

function readTable(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // Not Linux, or no IPv6.
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}
