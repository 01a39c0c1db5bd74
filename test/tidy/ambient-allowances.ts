/**
 * Where src may reach for the time, chance, timers and Bun by itself. Everywhere else they are
 * handed in, so that a `ManualClock` and a seed decide in tests and in the simulated network.
 */

/** What is there without being handed in, and how it is written. */
export const AMBIENT = {
  Bun: /(?<![\w$.])Bun\b/g,
  console: /(?<![\w$.])console\s*\./g,
  Date: /(?<![\w$.])(?:Date\.now\b|new Date\(\s*\)|new Date\b(?!\())/g,
  "performance.now": /(?<![\w$.])performance\.now\b|(?<![\w$.])process\.hrtime\b/g,
  "Math.random": /(?<![\w$.])Math\.random\b|(?<![\w$])crypto\.(?:randomUUID|getRandomValues)\b/g,
  timers: /(?<![\w$.])(?:setTimeout|setInterval|AbortSignal\.timeout)\b/g,
  turns: /(?<![\w$.])(?:setImmediate|queueMicrotask|process\.nextTick)\b/g,
} as const;

export type AmbientName = keyof typeof AMBIENT;

/** One exception. */
export interface Allowance {
  /** The beginning of the paths it is for: a folder, or one file, which then must need it. */
  readonly where: string;
  readonly what: readonly AmbientName[];
  /** Whether it may only be the default of a parameter or a field, which a test replaces. */
  readonly asDefault?: true;
  readonly because: string;
}

export const ALLOWANCES: readonly Allowance[] = [
  {
    where: "src/bun/",
    what: ["Bun", "Date", "performance.now", "timers", "turns"],
    because: "it is where the reactor's clock and sockets come from",
  },
  {
    where: "src/testing/memory-loop.ts",
    what: ["turns"],
    because: "it is the memory reactor's loop, which goes on by itself when no test pumps it",
  },
  {
    where: "src/protocols/",
    what: ["Date"],
    asDefault: true,
    because: "daytime, time and SNTP tell the calendar's time, which a test hands in",
  },
  {
    where: "src/task/",
    what: ["Math.random"],
    asDefault: true,
    because: "backoff spreads its delays by chance, which a test hands in",
  },
  {
    where: "src/application/",
    what: ["Math.random"],
    asDefault: true,
    because: "clients that come back spread their attempts by chance, which a test hands in",
  },
  {
    where: "src/services/",
    what: ["Bun", "Date"],
    because: "the daemon reads files, serves its metrics and tells the calendar's time",
  },
  {
    where: "src/netbench/",
    what: ["Bun", "Date", "performance.now"],
    because: "measuring takes the finest clock there is, and results carry their date",
  },
  {
    where: "src/cli/",
    what: ["Bun", "Date", "console"],
    because: "it is the program: it reads standard input and prints",
  },
];
