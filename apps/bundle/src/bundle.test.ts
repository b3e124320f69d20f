import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freshBundle, hashOfFiles } from "./bundle.ts";

test("freshBundle gives a bundle of just the sources that are there, and no other", () => {
  const root = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    assert.equal(freshBundle(root, "up"), undefined);
    const inputs = ["a.ts", "b.ts"];
    for (const path of inputs) writeFileSync(join(root, path), path);
    mkdirSync(join(root, ".cache/bundle"), { recursive: true });
    const manifest = [hashOfFiles(root, inputs), ...inputs].join("\n");
    writeFileSync(join(root, ".cache/bundle/up.txt"), `${manifest}\n`);
    assert.equal(freshBundle(root, "up"), join(root, ".cache/bundle/up.mjs"));
    assert.equal(freshBundle(root, "sidecar"), undefined, "of another program");
    writeFileSync(join(root, "b.ts"), "changed");
    assert.equal(freshBundle(root, "up"), undefined, "a source has changed");
    rmSync(join(root, "b.ts"));
    assert.equal(freshBundle(root, "up"), undefined, "a source is gone");
    writeFileSync(join(root, ".cache/bundle/up.txt"), "\n");
    assert.equal(freshBundle(root, "up"), undefined, "a damaged note");
  } finally {
    rmSync(root, { recursive: true });
  }
});
