/**
 * How many descriptors a child process of ours can be allowed to open: the hard limit.
 *
 * @returns Infinity where there is none
 */
export function descriptorLimit(): number {
  const { stdout } = Bun.spawnSync(["sh", "-c", "ulimit -Hn"]);
  const text = stdout.toString().trim();
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}
