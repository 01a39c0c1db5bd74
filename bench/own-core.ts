/**
 * Keeps this process and all its threads on one core, so that two processes that talk to each other
 * are not put on the same one now and then, which halves what is measured.
 *
 * @param core which one, from 0
 * @returns whether it does; not on a machine with one core, or without taskset(1)
 */
export function useOwnCore(core: number): boolean {
  if (navigator.hardwareConcurrency <= core || Bun.which("taskset") === null) return false;
  return Bun.spawnSync(["taskset", "-acp", `${core}`, `${process.pid}`]).exitCode === 0;
}
