import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("whole numbers have 64 bits and fail beyond them", () => {
  assert.equal(evaluated("7 / 2 + 7 % -4"), 6);
  for (const source of ["9223372036854775807 + 1", "-(-9223372036854775808)", "0u - 1u"]) {
    assert.match(messageOf(source), /overflow/u);
  }
});

test("values of one kind have an order, and numbers one for all", () => {
  assert.equal(evaluated("'a' < 'b' && b'a' < b'b' && false < true"), true);
  assert.equal(evaluated("1 < 1.5 && 2u > 1"), true);
  assert.equal(
    evaluated("timestamp('2024-01-01T00:00:00Z') > timestamp('2023-01-01T00:00:00Z')"),
    true,
  );
  assert.equal(evaluated("duration('1m') - duration('1s') == duration('59s')"), true);
  assert.equal(
    evaluated(
      "timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')",
    ),
    true,
  );
});

test("sizes count characters, items, members and bytes", () => {
  assert.deepEqual(
    evaluated("[size('é😀'), [1, 2].size(), size({'a': 1}), size(b'é')]"),
    [2, 2, 1, 2],
  );
});

test("values are converted if they say the same", () => {
  assert.deepEqual(
    evaluated("[int('42'), int(3.9), int(timestamp('1970-01-01T00:01:00Z'))]"),
    [42, 3, 60],
  );
  assert.equal(evaluated("double('1.5') + double(1)"), 2.5);
  assert.equal(evaluated("string(1) + string(true) + string(duration('1m'))"), "1true60s");
  assert.equal(evaluated("bytes('é') == b'é' && string(b'a') == 'a'"), true);
  assert.equal(evaluated("uint(1) == 1u && bool('true')"), true);
  assert.equal(evaluated("type('a') == string && type(1) != string"), true);
  for (const source of [
    "int('x')",
    "double('x')",
    "bool('x')",
    "timestamp('x')",
    "string(b'\\xff')",
  ]) {
    assert.match(messageOf(source), /conver/u, source);
  }
});

test("times have the parts of a calendar", () => {
  const t = "timestamp('2024-02-29T10:11:12.345Z')";
  const parts = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
  ];
  assert.deepEqual(
    evaluated(`[${parts.map((part) => `${t}.${part}()`).join(", ")}]`),
    [2024, 1, 29, 28, 4, 59, 10, 11, 12, 345],
  );
  assert.equal(evaluated(`${t}.getHours('-02:00')`), 8);
  assert.equal(evaluated("duration('90m').getHours() + duration('90m').getMinutes()"), 91);
});
