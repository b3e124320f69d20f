import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import { isSameVersion, type RecordStamp, recordStampOf } from "./record.ts";

const at = (wallMs: number, part = "spec"): RecordStamp => ({
  collection: "leases.coordination.k8s.io/default",
  name: "lock",
  part,
  stamp: formatStamp({ wallMs, counter: 0, machine: "a" }),
});

describe("recordStampOf", () => {
  test("reads what was written", () => {
    assert.deepEqual(recordStampOf({ ...at(1) }), at(1));
  });

  for (const wrong of [
    null,
    "text",
    { ...at(1), stamp: "soon" },
    { ...at(1), name: 1 },
    { ...at(1), name: "x".repeat(513) },
  ]) {
    test(`refuses ${JSON.stringify(wrong).slice(0, 60)}`, () => {
      assert.equal(recordStampOf(wrong), undefined);
    });
  }
});

describe("isSameVersion", () => {
  test("is one of the same parts, in whatever order", () => {
    const [spec, status] = [at(1), at(2, "status:u")];
    assert(isSameVersion([spec, status], [status, spec]));
    assert(!isSameVersion([spec, status], [spec]), "a status came");
    assert(!isSameVersion([spec], [at(2)]), "the specification was written");
    assert(!isSameVersion([spec, status], [spec, at(2, "status:v")]), "it is another object's");
  });
});
