import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { descriptorOf } from "./descriptor.ts";
import { makeTransparent } from "./socket-option.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

test("makeTransparent sets the option, and says when there is no such socket", {
  skip,
}, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  makeTransparent(descriptorOf(server) ?? -1, 4);
  assert.throws(() => makeTransparent(-1, 6), { code: "kernel-refused" });
  server.close();
});
