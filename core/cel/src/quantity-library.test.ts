import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("quantities are counted exactly", () => {
  assert.equal(evaluated("quantity('1Gi').isGreaterThan(quantity('1G'))"), true);
  assert.equal(evaluated("quantity('0.5').add(quantity('500m')) == quantity('1')"), true);
  assert.equal(evaluated("quantity('2k').sub(1).asInteger()"), 1999);
  assert.equal(evaluated("quantity('100m').isInteger() || quantity('-1').sign() > 0"), false);
  assert.equal(evaluated("isQuantity('1x') ? 1 : quantity('1.5').compareTo(quantity('1.4'))"), 1);
  assert.match(messageOf("quantity('x')"), /quantities must match/u);
});
