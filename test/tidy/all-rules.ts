import { AMBIENT_RULES } from "./ambient-rules.ts";
import { DOCUMENT_RULES } from "./document-rules.ts";
import { IMPORT_GRAPH_RULES } from "./import-graph.ts";
import { IMPORT_RULES } from "./import-rules.ts";
import { LANGUAGE_RULES } from "./language-rules.ts";
import { NAME_RULES } from "./name-rules.ts";
import type { Rule } from "./rule.ts";
import { SIZE_RULES } from "./size-rules.ts";
import { SURFACE_RULES } from "./surface-rules.ts";
import { TEST_HABIT_RULES } from "./test-habit-rules.ts";

/** The rules of the project, as `tidy.test.ts` holds it to them. */
export const RULES: readonly Rule[] = [
  ...IMPORT_RULES,
  ...IMPORT_GRAPH_RULES,
  ...SURFACE_RULES,
  ...AMBIENT_RULES,
  ...SIZE_RULES,
  ...NAME_RULES,
  ...LANGUAGE_RULES,
  ...TEST_HABIT_RULES,
  ...DOCUMENT_RULES,
];
