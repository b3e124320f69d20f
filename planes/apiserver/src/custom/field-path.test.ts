import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldPathSteps, fieldPathText } from "./field-path.ts";

test("a path is steps, and causes write it their way", () => {
  assert.deepEqual(fieldPathSteps(".spec['a.b'].c"), ["spec", "a.b", "c"]);
  assert.equal(fieldPathText(".spec['a.b'].c"), ".spec[a.b].c");
  for (const path of ["", "spec", ".a[0]", ".a..b", "['open"]) {
    assert.equal(fieldPathSteps(path), undefined, path);
    assert.equal(fieldPathText(path), "");
  }
});
