import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("a duplicate stays when the first is closed", { skip }, () => {
  const fd = openSync(import.meta.filename, "r");
  const copy = duplicate(fd);
  closeSync(fd);
  assert(fstatSync(copy).isFile());
  closeDescriptor(copy);
  assert.throws(() => fstatSync(copy), { code: "EBADF" });
});

test("what is not open has no descriptor", () => {
  assert.equal(descriptorOf(createServer()), undefined);
});
