import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuntimeEvent } from "@beemesh/ports";
import { EventSource } from "./event-source.ts";

test("EventSource tells everybody who listens", () => {
  const source = new EventSource<RuntimeEvent>();
  const heard: string[] = [];
  const stop = source.listen(({ kind }) => heard.push(`a ${kind}`));
  source.listen(({ kind }) => heard.push(`b ${kind}`));
  source.tell({ kind: "vanished", uid: "u" });
  stop();
  source.tell({ kind: "vanished", uid: "u" });
  source.close();
  source.tell({ kind: "vanished", uid: "u" });
  assert.deepEqual(heard, ["a vanished", "b vanished", "b vanished"]);
});
