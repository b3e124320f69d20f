import assert from "node:assert/strict";
import { test } from "node:test";
import { BeeError } from "@beemesh/base";
import { asDiskError, isBusy } from "./sqlite-error.ts";

function sqliteError(errcode: number): Error {
  return Object.assign(new Error("of SQLite"), { code: "ERR_SQLITE_ERROR", errcode });
}

test("isBusy knows the code, also extended", () => {
  assert(isBusy(sqliteError(5)) && isBusy(sqliteError(5 | (2 << 8))));
  assert(!isBusy(sqliteError(13)) && !isBusy(new Error("busy")) && !isBusy("busy"));
});

test("asDiskError tells a full disk from a broken one, and keeps the cause", () => {
  const full = sqliteError(13);
  assert.equal(asDiskError("save", "/data", full).code, "disk-full");
  assert.equal(asDiskError("save", "/data", full).cause, full);
  const noSpace = Object.assign(new Error("no space"), { code: "ENOSPC" });
  assert.equal(asDiskError("open", "/data", noSpace).code, "disk-full");
  const broken = asDiskError("save", "/data", sqliteError(10));
  assert.equal(broken.code, "disk-failed");
  assert.equal(broken.message, "Cannot save data in /data: of SQLite");
  assert.equal(asDiskError("save", "/data", "odd").code, "disk-failed");
});

test("asDiskError leaves what is one already", () => {
  const error = new BeeError("data-too-new", "Cannot open");
  assert.equal(asDiskError("open", "/data", error), error);
});
