import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { transact } from "./transaction.ts";

test("transact keeps all of it, or nothing and goes on", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE record (name TEXT)");
  const count = (): unknown => database.prepare("SELECT count(*) AS n FROM record").get()?.["n"];
  const insert = (): void => database.exec("INSERT INTO record VALUES ('a')");
  transact(database, insert);
  assert.equal(count(), 1);
  const failure = new Error("half way");
  const half = (): void => {
    insert();
    throw failure;
  };
  assert.throws(() => transact(database, half), failure);
  assert.equal(count(), 1);
  transact(database, insert);
  assert.equal(count(), 2);
  database.close();
});
