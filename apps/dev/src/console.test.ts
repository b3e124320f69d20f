import assert from "node:assert/strict";
import { test } from "node:test";
import { readListing } from "./console.ts";

test("readListing leaves out what only holds a pod together, and what is not ours", () => {
  const Labels = { "io.beemesh.uid": "u1" };
  const listed = [
    { Labels, Pid: 7, Pod: "p", IsInfra: false },
    { Labels, Pid: 8, Pod: "p", IsInfra: true },
    { Labels: {}, Pid: 9, Pod: "q", IsInfra: false },
  ];
  assert.deepEqual(readListing(JSON.stringify(listed)), [{ uid: "u1", pid: 7, pod: "p" }]);
  assert.deepEqual(readListing("null"), []);
});
