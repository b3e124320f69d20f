import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { adoptSocket, closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("a duplicate stays when the first is closed", { skip }, () => {
  const fd = openSync(import.meta.filename, "r");
  const copy = duplicate(fd);
  closeSync(fd);
  assert(fstatSync(copy).isFile());
  closeDescriptor(copy);
  assert.throws(() => fstatSync(copy), { code: "EBADF" });
  assert.throws(() => duplicate(copy), { code: "kernel-refused", facts: { errno: 9 } });
});

test("descriptorOf knows what is open", async () => {
  const server = createServer();
  assert.equal(descriptorOf(server), undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  assert(fstatSync(descriptorOf(server) ?? -1).isSocket());
  server.close();
  assert.equal(descriptorOf(server), undefined);
});

test("what is no connection is not adopted, and closed", { skip }, () => {
  const fd = openSync(import.meta.filename, "r");
  assert.throws(() => adoptSocket(fd), { code: "kernel-refused" });
  assert.throws(() => fstatSync(fd), { code: "EBADF" });
});
