import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated } from "./test-evaluation.ts";

test("named formats say what is wrong, or nothing", () => {
  assert.equal(evaluated("format.dns1123Label().validate('my-name').hasValue()"), false);
  assert.match(
    JSON.stringify(evaluated("format.dns1123Label().validate('My').value()")),
    /RFC 1123 label/u,
  );
  assert.equal(evaluated("format.named('uuid').hasValue() && !format.named('x').hasValue()"), true);
  assert.equal(evaluated("format.date().validate('2024-02-30').hasValue()"), true);
});
