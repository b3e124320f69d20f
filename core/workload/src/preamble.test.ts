import assert from "node:assert/strict";
import { test } from "node:test";
import { preambleBytesMax, preambleOf, readPreamble } from "./preamble.ts";

test("a preamble names a pod, and nothing else is one", () => {
  const line = preambleOf("3f0d9c1e-0000-4000-8000-000000000000");
  assert(line.length <= preambleBytesMax);
  assert.equal(readPreamble(line.trimEnd()), "3f0d9c1e-0000-4000-8000-000000000000");
  for (const other of ["", "GET / HTTP/1.1", "beemesh/workload/1 ", "beemesh/workload/1 a b"]) {
    assert.equal(readPreamble(other), undefined);
  }
});
