/**
 * Who may import whom: the arrows of ARCHITECTURE.md as data. A new folder, arrow or package is a
 * decision: write its page in docs/decisions, then add it here.
 */

const LIBRARY = [
  "reactor",
  "transport",
  "framing",
  "task",
  "endpoints",
  "policies",
  "application",
  "testing",
  "protocols",
  "native",
  "bun",
] as const;

/** For each folder of src, the other folders that its files may import, values and types alike. */
export const ALLOWED_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  reactor: [],
  transport: ["reactor"],
  framing: ["reactor"],
  task: ["reactor"],
  endpoints: ["reactor", "framing", "task", "policies"],
  policies: ["reactor", "framing", "task"],
  application: ["reactor", "framing", "task"],
  testing: ["reactor", "transport"],
  protocols: ["reactor", "framing", "task"],
  native: ["reactor"],
  bun: ["reactor", "transport", "native"],
  services: LIBRARY,
  netbench: LIBRARY,
  cli: [...LIBRARY, "services", "netbench"],
};

/** What the package's own surface, src/index.ts, may show. */
export const SURFACE_FOLDERS: readonly string[] = LIBRARY;

/** The files behind the package's exports, and the only ones that may pass others' names on. */
export const ENTRY_POINTS: readonly string[] = ["src/index.ts", "src/testing/index.ts"];

/** The file behind the command. */
export const PROGRAM = "src/cli/main.ts";

/** Where each package may be imported, as the beginnings of paths. Tests may import any. */
export const PACKAGE_PLACES: Readonly<Record<string, readonly string[]>> = {
  bun: ["src/", "bench/", "examples/"],
  "bun:ffi": ["src/native/"],
  "bun:jsc": ["bench/", "src/testing/"],
  commander: ["src/cli/"],
  "hdr-histogram-js": ["src/netbench/", "bench/"],
  mitata: ["bench/"],
  pino: ["src/services/"],
  "prom-client": ["src/services/"],
  uplot: ["src/netbench/"],
  zod: ["src/services/", "src/netbench/"],
};

/** What the library itself may import besides its own files: it has no runtime dependency. */
export const LIBRARY_PACKAGES: readonly string[] = ["bun", "bun:ffi", "bun:jsc"];
