import assert from "node:assert/strict";
import { test } from "node:test";
import { DescriptorOutbox } from "./descriptor-outbox.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("an outbox refuses a descriptor that is none, and may be closed unused", { skip }, () => {
  const outbox = new DescriptorOutbox();
  outbox.close();
  assert.throws(() => outbox.send("/nowhere/at/all", -1, Buffer.from("x")), {
    code: "kernel-refused",
  });
  outbox.close();
});
