import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  everything,
  matches,
  nothing,
  parseLabelSelector,
  selectorOf,
  selectorOfLabels,
  selectorText,
} from "./label-selector.ts";

const labels = { app: "web", tier: "front", "example.com/zone": "a", weight: "10", bare: "" };

function selects(text: string): boolean {
  const result = parseLabelSelector(text);
  assert(result.ok, text);
  return matches(result.selector, labels);
}

describe("parseLabelSelector", () => {
  for (const text of [
    "",
    "app",
    "app=web",
    "app==web",
    "app = web , tier=front",
    "app!=db",
    "none!=x",
    "app in (web,db)",
    "app in ( web )",
    "app notin (db, cache),!none",
    "! none",
    "example.com/zone=a",
    "weight>9",
    "weight<11",
    "bare=",
    "bare",
    "bare in (,x)",
    "in=x,notin=y".replace("in=x,notin=y", "tier in (front)"),
  ]) {
    test(`selects by ${JSON.stringify(text)}`, () => assert(selects(text)));
  }

  for (const text of [
    "none",
    "app=db",
    "app!=web",
    "!app",
    "app in (db)",
    "app notin (web)",
    "app=web,tier=back",
    "weight>10",
    "app>1",
    "app=",
  ]) {
    test(`does not select by ${JSON.stringify(text)}`, () => assert(!selects(text)));
  }

  for (const text of [
    ",",
    "a,",
    "a,,b",
    "a b",
    "a=b c",
    "a in b",
    "a in (b",
    "=a",
    "!",
    "a=b=c",
    "a>x",
    "-a=b",
    "a=-b",
    "a===b",
    "a".repeat(20_000),
  ]) {
    test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.equal(parseLabelSelector(text).ok, false);
    });
  }

  test("never fails, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseLabelSelector(text);
      }),
    );
  });

  test("reads back what selectorText writes", () => {
    for (const text of ["a=b,c!=d", "a in (x,y),!b,c", "a>1,b<2"]) {
      const first = parseLabelSelector(text);
      assert(first.ok);
      const second = parseLabelSelector(selectorText(first.selector));
      assert.deepEqual(second, first);
    }
  });
});

describe("selectorOf", () => {
  test("needs labels and expressions at once", () => {
    const selector = selectorOf({
      matchLabels: { app: "web" },
      matchExpressions: [
        { key: "tier", operator: "In", values: ["front"] },
        { key: "old", operator: "DoesNotExist" },
        { key: "app", operator: "Exists" },
        { key: "weight", operator: "NotIn", values: ["11"] },
      ],
    });
    assert(matches(selector, labels));
    assert(!matches(selector, { ...labels, old: "" }));
    assert(!matches(selector, undefined));
  });

  test("selects everything when empty, nothing when absent", () => {
    assert(matches(selectorOf({}), {}));
    assert(!matches(selectorOf(undefined), labels));
    assert(matches(everything, undefined));
    assert(!matches(nothing, labels));
  });

  test("does not take inherited members for labels", () => {
    assert(
      !matches(selectorOf({ matchExpressions: [{ key: "toString", operator: "Exists" }] }), {}),
    );
  });
});

test("an empty map of labels selects nothing, another all that have its labels", () => {
  assert(!matches(selectorOfLabels({}), labels));
  assert(!matches(selectorOfLabels(undefined), labels));
  assert(matches(selectorOfLabels({ app: "web" }), labels));
});
