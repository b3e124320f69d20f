import assert from "node:assert/strict";
import { test } from "node:test";
import { descriptorLine, readDescriptorTag } from "./descriptor.ts";

test("a descriptor's tag is one line that can be read back", () => {
  for (const tag of [{ kind: "dialed", id: 7 }, { kind: "incoming" }] as const) {
    assert.deepEqual(readDescriptorTag(descriptorLine(tag).trimEnd()), tag);
  }
  for (const line of ["", "{}", '{"kind":"dialed"}', '{"kind":"dialed","id":-1}', "[]"]) {
    assert.equal(readDescriptorTag(line), undefined);
  }
});
