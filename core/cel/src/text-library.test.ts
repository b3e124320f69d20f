import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("positions in a text count characters", () => {
  assert.equal(evaluated("'a😀b'.indexOf('b')"), 2);
  assert.equal(evaluated("'abab'.lastIndexOf('ab')"), 2);
  assert.equal(evaluated("'abab'.indexOf('ab', 1)"), 2);
  assert.equal(evaluated("'a😀b'.substring(1, 2)"), "😀");
  assert.equal(evaluated("'abc'.charAt(1) + 'abc'.substring(2)"), "bc");
  assert.equal(evaluated("'abc'.substring(2, 1)"), "invalid substring range. start: 2, end: 1");
  assert.equal(evaluated("'abc'.charAt(9)"), "index out of range: 9");
});

test("texts are cut, joined, replaced and turned", () => {
  assert.deepEqual(evaluated("'a,b,c'.split(',', 2)"), ["a", "b,c"]);
  assert.equal(evaluated("['a', 'b'].join('-')"), "a-b");
  assert.equal(evaluated("'aaa'.replace('a', 'b', 2)"), "bba");
  assert.equal(evaluated("' Ab '.trim().lowerAscii() + 'é'.upperAscii()"), "abé");
  assert.equal(evaluated("'abc'.reverse()"), "cba");
  assert.equal(evaluated(String.raw`strings.quote('a"b')`), String.raw`"a\"b"`);
});

test("a format puts values in its places", () => {
  assert.equal(
    evaluated("'%s %d %.2f %x %e %%'.format(['a', 5, 1.5, 255, 1500.0])"),
    "a 5 1.50 ff 1.500000e+03 %",
  );
  assert.equal(evaluated("'%s'.format([[1, 'a', {'k': true}]])"), "[1, a, {k: true}]");
  assert.equal(evaluated("'%s %s'.format(['a'])"), "index 1 out of range");
  assert.match(messageOf("'%q'.format(['a'])"), /unrecognized formatting clause/u);
});

test("what matches a pattern is found", () => {
  assert.equal(evaluated("'abc 123'.find('[0-9]+')"), "123");
  assert.equal(evaluated("'abc'.find('[0-9]+')"), "");
  assert.deepEqual(evaluated("'1 22 333'.findAll('[0-9]+', 2)"), ["1", "22"]);
});

test("no text becomes longer than texts may be", () => {
  const long = "a".repeat(500);
  assert.match(
    messageOf(`'${long}'.replace('', '${long}').replace('a', '${long}')`),
    /cost limit|too long/u,
  );
});
