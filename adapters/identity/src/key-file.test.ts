import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openKey } from "./key-file.ts";

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "beemesh-key-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("openKey", () => {
  test("makes a key once, for its owner alone, and leaves nothing else behind", () => {
    inFolder((folder) => {
      const path = join(folder, "made", "machine.key");
      const key = openKey(path);
      assert.equal(openKey(path).id, key.id);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(join(folder, "made")), ["machine.key"]);
    });
  });

  test("refuses a key that others may read, and one that is broken", () => {
    inFolder((folder) => {
      const path = join(folder, "machine.key");
      openKey(path);
      chmodSync(path, 0o640);
      assert.throws(() => openKey(path), { code: "key-exposed" });
      writeFileSync(path, "nothing", { mode: 0o600 });
      chmodSync(path, 0o600);
      assert.throws(() => openKey(path), { code: "key-malformed" });
    });
  });

  test("says so if it cannot be made", () => {
    inFolder((folder) => {
      writeFileSync(join(folder, "file"), "");
      assert.throws(() => openKey(join(folder, "file", "machine.key")), {
        code: "key-unreadable",
      });
    });
  });
});
