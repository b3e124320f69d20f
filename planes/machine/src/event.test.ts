import assert from "node:assert/strict";
import { test } from "node:test";
import { isPodNews } from "./event.ts";

test("what the runtime says is for the pods alone", () => {
  assert(isPodNews({ kind: "found", pods: [] }));
  assert(isPodNews({ kind: "runtime", event: { kind: "vanished", uid: "u" } }));
  assert(isPodNews({ kind: "report", report: { kind: "podRemoved", uid: "u" } }));
  assert(!isPodNews({ kind: "tick" }));
});
