import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./command.ts";
import { writePlainScript } from "./plain-script.ts";

test("writePlainScript gives JavaScript that runs, with all its modules", async () => {
  const folder = mkdtempSync(join(tmpdir(), "script-"));
  try {
    mkdirSync(join(folder, "deep"));
    writeFileSync(
      join(folder, "main.ts"),
      'import { word } from "./deep/word.ts";\n' +
        "const text: string = word;\nprocess.stdout.write(text);\n",
    );
    writeFileSync(
      join(folder, "deep", "word.ts"),
      'import type { A } from "../a.ts";\nimport { sep } from "node:path";\n' +
        "export const word: A = `hello${sep}`;\n",
    );
    writeFileSync(join(folder, "a.ts"), "export type A = string;\n");
    const plain = writePlainScript(join(folder, "main.ts"), join(folder, "plain"));
    assert.equal(await run(process.execPath, [plain]), "hello/");
    assert.deepEqual(readdirSync(join(folder, "plain")).toSorted(), ["main.mjs", "word.mjs"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
