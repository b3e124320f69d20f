import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DescriptorInbox } from "./descriptor-inbox.ts";
import { DescriptorOutbox } from "./descriptor-outbox.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("an outbox says who is not there, and refuses what is no descriptor", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "outbox-"));
  const path = join(folder, "inbox");
  const outbox = new DescriptorOutbox();
  const inbox = new DescriptorInbox(path);
  try {
    const before = readdirSync("/proc/self/fd").length;
    const bytes = Buffer.from("x");
    assert.equal(outbox.send(join(folder, "nobody"), 1, bytes), "absent");
    assert.throws(() => outbox.send(path, 1_000_000, bytes), {
      code: "kernel-refused",
      facts: { errno: 9 },
    });
    writeFileSync(join(folder, "file"), "");
    assert.equal(outbox.send(join(folder, "file"), 1, bytes), "absent");
    assert.throws(() => outbox.send(`/${"x".repeat(200)}`, 1, bytes), { code: "kernel-refused" });
    assert.equal(readdirSync("/proc/self/fd").length, before);
    outbox.close();
    assert.equal(outbox.send(path, 1, bytes), "absent");
    assert.equal(inbox.receive(), undefined);
  } finally {
    inbox.close();
    rmSync(folder, { recursive: true });
  }
});
