import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, test } from "node:test";
import { migrate } from "./format.ts";

const first = "CREATE TABLE record (name TEXT); INSERT INTO record VALUES ('old')";
const second = "ALTER TABLE record ADD COLUMN size INTEGER DEFAULT 7";

describe("migrate", () => {
  let directory: string;
  let database: DatabaseSync;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "beemesh-format-"));
    database = new DatabaseSync(":memory:");
  });

  afterEach(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });

  function formatFile(): string {
    return readFileSync(join(directory, "format"), "utf8");
  }

  test("brings an older format to the newest, with what it holds", () => {
    migrate(database, directory, [first]);
    assert.equal(formatFile(), "1\n");
    migrate(database, directory, [first, second]);
    assert.equal(formatFile(), "2\n");
    const row = database.prepare("SELECT * FROM record").get();
    assert.deepEqual({ ...row }, { name: "old", size: 7 });
  });

  test("does each step once", () => {
    migrate(database, directory, [first]);
    migrate(database, directory, [first]);
    assert.equal(database.prepare("SELECT count(*) AS n FROM record").get()?.["n"], 1);
  });

  test("refuses a newer format, by file or by database", () => {
    migrate(database, directory, [first, second]);
    const refusal = { code: "data-too-new", facts: { directory, format: 2, formatMax: 1 } };
    assert.throws(() => migrate(database, directory, [first]), refusal);
    writeFileSync(join(directory, "format"), "1\n");
    assert.throws(() => migrate(database, directory, [first]), refusal);
  });

  test("leaves a step that fails undone", () => {
    migrate(database, directory, [first]);
    const broken = "ALTER TABLE record ADD COLUMN a; ALTER TABLE nowhere ADD COLUMN b";
    assert.throws(() => migrate(database, directory, [first, broken]));
    const row = database.prepare("SELECT * FROM record").get();
    assert.deepEqual({ ...row }, { name: "old" });
    migrate(database, directory, [first, second]);
  });
});
