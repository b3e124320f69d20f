import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { SocketPairs } from "./socket-pairs.ts";

test("pairs made at the same time are not mixed up, and strangers get none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pairs-"));
  const pairs = new SocketPairs(join(folder, "pairs"));
  await pairs.open();
  try {
    const made = await Promise.all(Array.from({ length: 20 }, () => pairs.make()));
    for (const [index, { near, far }] of made.entries()) {
      near.end(`to far ${index}`);
      far.end(`to near ${index}`);
      assert.equal(await text(far), `to far ${index}`);
      assert.equal(await text(near), `to near ${index}`);
    }
    const stranger = connect(join(folder, "pairs"));
    stranger.on("error", () => undefined);
    stranger.write("0123456789abcdef0123456789abcdef");
    await once(stranger, "close");
  } finally {
    pairs.close();
    rmSync(folder, { recursive: true });
  }
});
