import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseManifests, parseYaml } from "./manifest.ts";

/** The value, or the message of what is wrong. */
function read(text: string): unknown {
  const parsed = parseYaml(text);
  return parsed.ok ? parsed.value : parsed.message;
}

describe("parseYaml", () => {
  test("reads scalars as Kubernetes does", () => {
    const text = [
      "mode: 0644",
      "on: yes",
      "ports: 22:22",
      "date: 2020-01-01",
      "12: a",
      "empty:",
      "quoted: '0644'",
      "block: |",
      "  two",
      "  lines",
    ].join("\n");
    assert.deepEqual(read(text), {
      mode: 0o644,
      on: true,
      ports: "22:22",
      date: "2020-01-01",
      "12": "a",
      empty: null,
      quoted: "0644",
      block: "two\nlines\n",
    });
  });

  test("reads JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
        const text = JSON.stringify(value);
        // YAML has no number for minus zero, and `__proto__` is a plain name here.
        assert.deepEqual(JSON.stringify(read(text)), text.replaceAll("-0,", "0,"));
      }),
      { numRuns: 30 },
    );
  });

  test("writes anchors out and merges maps", () => {
    const text = "base: &base {a: 1, b: 2}\nuse: {<<: *base, b: 3}\nlist: [*base, *base]";
    const base = { a: 1, b: 2 };
    assert.deepEqual(read(text), { base, use: { a: 1, b: 3 }, list: [base, base] });
  });

  for (const [what, text, problem] of [
    ["doubled keys", "a: 1\nb: 2\na: 3", /line 3: key "a" already set in map/u],
    ["an own tag", "a: !Danger x", /Unresolved tag.* at line 1, column 4/u],
    ["two documents", "a: 1\n---\nb: 2", /more than one document/u],
    ["infinity", "a: .inf", /number that JSON cannot hold/u],
    ["a map as a key", "? {a: 1}\n: 2", /keys must be strings|no text/u],
    ["a tab", "a:\n\t- b", /Tabs|tab/u],
    ["an anchor that is not there", "a: *b", /alias|anchor/iu],
    ["an anchor inside itself", "a: &a [*a]", /deep|anchor|alias/iu],
  ] as const) {
    test(`refuses ${what}`, () => assert.match(String(read(text)), problem));
  }

  test("refuses a bomb of aliases quickly", () => {
    const lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x"]'];
    for (let index = 1; index < 20; index += 1) {
      lines.push(`a${index}: &a${index} [${`*a${index - 1},`.repeat(9)}]`);
    }
    assert.match(String(read(lines.join("\n"))), /too large with its aliases/u);
    const merges = ["m0: &m0 {a: 1}"];
    for (let index = 1; index < 40; index += 1) {
      merges.push(`m${index}: &m${index} {<<: [${`*m${index - 1},`.repeat(9)}]}`);
    }
    assert.equal(typeof read(merges.join("\n")), "string");
  });

  test("refuses deep nesting and huge texts", () => {
    for (const text of ["[".repeat(200_000), "- ".repeat(100_000), "{a: ".repeat(50_000)]) {
      assert.equal(typeof read(text), "string");
    }
    const nested = `${"[".repeat(100)}${"]".repeat(100)}`;
    assert.match(String(read(nested)), /nests too deep/u);
    assert.match(String(read(`a: ${"x".repeat(2_000_000)}`)), /longer than/u);
  });

  test("gives a value or a message for any text", () => {
    const letter = fc.constantFrom(..."ab:-?&*!|>{}[],\"'#% \n\t<~01".split(""));
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 60 }), (text) => {
        const parsed = parseYaml(text);
        assert(parsed.ok || parsed.message.startsWith("Cannot read YAML"));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("parseManifests", () => {
  const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

  test("reads several documents, lists, and skips empty ones", () => {
    const list =
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {}}\n";
    const parsed = parseManifests(`---\n${pod}---\n# nothing\n---\n${list}...\n`);
    assert(parsed.ok);
    assert.deepEqual(
      parsed.value.map(({ kind }) => kind),
      ["Pod", "Pod"],
    );
  });

  test("says which document is no object", () => {
    const parsed = parseManifests(`${pod}---\njust text\n`);
    assert(!parsed.ok);
    assert.match(parsed.message, /document 2 is no object/u);
  });

  test("refuses more than 500 documents", () => {
    assert(!parseManifests(`${pod}---\n`.repeat(501)).ok);
  });
});
