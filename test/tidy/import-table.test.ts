import { expect, test } from "bun:test";
import { join } from "node:path";
import { ALLOWED_FOLDERS } from "./import-table.ts";

/** The rows of the table in CONTRIBUTING.md, as the names in their two cells. */
async function documentedRows(): Promise<[folders: string[], allowed: string[]][]> {
  const page = await Bun.file(join(import.meta.dir, "../../CONTRIBUTING.md")).text();
  const section = page.split("### Who may import whom")[1]?.split("\n\n")[1] ?? "";
  const [, , ...rows] = section.split("\n");
  return rows.map((row) => {
    const [folders = [], allowed = []] = row
      .split("|")
      .slice(1, 3)
      .map((cell) => cell.trim().split(", "));
    return [folders, allowed];
  });
}

test("The import table of CONTRIBUTING.md is the one that is enforced", async () => {
  const rows = await documentedRows();
  const library = rows.map(([folders]) => folders).flat();
  library.length = library.indexOf("services");
  const documented = rows.flatMap(([folders, allowed]) => {
    const names = allowed.flatMap((name) => (name === "the library" ? library : name));
    return folders.map((folder) => [folder, names.filter((name) => name !== "nothing")]);
  });
  expect(Object.fromEntries(documented)).toEqual(ALLOWED_FOLDERS);
});
