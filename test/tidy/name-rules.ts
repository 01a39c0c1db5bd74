import type { Rule } from "./rule.ts";

/** Words that say nothing about what is inside. */
const VAGUE_NAMES = new Set(
  "util utils utility utilities helper helpers common misc type types shared stuff".split(" "),
);

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const CASE: Rule = {
  name: "folders and TypeScript files have kebab-case names",
  check: (project) =>
    eachName(project.sources.keys(), (name) =>
      KEBAB_CASE.test(name)
        ? undefined
        : `"${name}" is not kebab-case; rename it like line-decoder`,
    ),
  examples: [
    {
      files: {
        "src/task/LoopingCall.ts": "",
        "src/my_task/a.ts": "",
        "test/task/a_b.test.ts": "",
      },
      finds: ["src/my_task/a.ts:1", "src/task/LoopingCall.ts:1", "test/task/a_b.test.ts:1"],
    },
    {
      files: {
        "src/task/looping-call.ts": "",
        "test/task/looping-call.test.ts": "",
        "src/protocols/int32-string-receiver.ts": "",
        "docs/decisions/0001-An_Odd_Name.md": "",
      },
      finds: [],
    },
  ],
};

const VAGUE: Rule = {
  name: "names of folders and files say what is inside: no utils, helpers, common, types or misc",
  check: (project) =>
    eachName(project.sources.keys(), (name) => {
      const last = name.split("-").at(-1) ?? name;
      const isVague = VAGUE_NAMES.has(name) || /^(?:util|helper|type)s$/.test(last);
      return isVague ? `"${name}" says nothing; put it beside the concept that owns it` : undefined;
    }),
  examples: [
    {
      files: {
        "src/utils/a.ts": "",
        "src/task/types.ts": "",
        "test/test-helpers.ts": "",
        "bench/common.ts": "",
      },
      finds: [
        "bench/common.ts:1",
        "src/task/types.ts:1",
        "src/utils/a.ts:1",
        "test/test-helpers.ts:1",
      ],
    },
    { files: { "src/task/content-type.ts": "", "test/task/common-name.test.ts": "" }, finds: [] },
  ],
};

export const NAME_RULES: readonly Rule[] = [CASE, VAGUE];

/** A finding for each path with a folder or stem that `judge` has a complaint about. */
function eachName(
  paths: Iterable<string>,
  judge: (name: string) => string | undefined,
): { path: string; line: number; problem: string }[] {
  return [...paths].sort().flatMap((path) => {
    const names = path.replace(/(?:\.test|\.d)?\.ts$/, "").split("/");
    const problem = names.map(judge).find((complaint) => complaint !== undefined);
    return problem === undefined ? [] : [{ path, line: 1, problem }];
  });
}
