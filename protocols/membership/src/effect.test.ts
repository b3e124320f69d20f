import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "./effect.ts";

test("Outbox gives effects once, in order", () => {
  const out = new Outbox();
  out.send("ann", { k: "hb", d: "0" });
  out.observe("something", {});
  assert.deepEqual(
    out.take().map(({ kind }) => kind),
    ["send", "observe"],
  );
  assert.deepEqual(out.take(), []);
});
