import assert from "node:assert/strict";
import type { Random } from "@beemesh/base";
import type { JsonObject } from "@beemesh/wire";
import { fuzz } from "../../../test/fuzz.ts";
import { compile } from "./program.ts";

const self: JsonObject = {
  n: 3,
  d: 1.5,
  s: "text",
  l: [1, 2, 3],
  m: { a: "b", c: "d" },
  t: "2024-02-29T10:11:12Z",
  o: { list: [{ n: 1 }, { n: 2 }] },
  any: { x: [1, "a", null, { y: true }] },
};
const schema: JsonObject = {
  type: "object",
  properties: {
    n: { type: "integer" },
    d: { type: "number" },
    s: { type: "string" },
    l: { type: "array", items: { type: "integer" } },
    m: { type: "object", additionalProperties: { type: "string" } },
    t: { type: "string", format: "date-time" },
  },
};

const words = [
  ..."self dyn x y 1 2u 0.5 'a' b'z' null true r'(' '(a+)+$' 9223372036854775807".split(" "),
  ...". ( ) [ ] { } , : ? ?. + - * / % ! == != < >= && || in .?".split(" "),
  ..."n d s l m t o any list size has all exists map filter exists_one transformMap".split(" "),
  ..."matches find split join replace substring format sum min indexOf sort flatten".split(" "),
  ..."quantity ip cidr url semver duration timestamp int string type cel.bind optMap".split(" "),
  ..."getHours value orValue optional.of optional.none sets.contains format.uuid".split(" "),
];

const sources = [
  "self.n > 1 && self.s.matches('^t')",
  "self.l.all(x, self.l.exists(y, x == y))",
  "self.m.map(k, self.m[k]).join(',') + '%s'.format([self.n])",
  "dyn.any.x.filter(v, type(v) == int).map(v, v + 1)",
  "self.?m[?'a'].orValue('z').split('').reverse()",
  "cel.bind(a, [self.s, self.s], a + a).map(x, x.replace('t', x)).join()",
  "duration('1h') + self.t > self.t ? ip('::1').family() : 4",
];

function madeUp(random: Random): string {
  const length = 1 + random.below(16);
  return Array.from({ length }, () => words[random.below(words.length)]).join(
    random.below(3) === 0 ? " " : "",
  );
}

function changed(random: Random): string {
  let source = sources[random.below(sources.length)] ?? "";
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(source.length + 1);
    const word = words[random.below(words.length)] ?? "";
    source =
      source.slice(0, at) +
      (random.below(2) === 0 ? word : "") +
      source.slice(at + random.below(3));
  }
  return source;
}

fuzz("no expression throws or runs on", ["wrong", "value", "failure", "cost"], (random) => {
  const source = random.below(3) === 0 ? madeUp(random) : changed(random);
  const compiled = compile(source, { variables: { self: { schema }, dyn: "dyn" } });
  if (!compiled.ok) return "wrong";
  const budget = [40, 1000][random.below(2)] ?? 0;
  const outcome = compiled.program.evaluate({ self, dyn: self }, budget);
  if (outcome.ok) return "value";
  assert.equal(typeof outcome.message, "string");
  return outcome.isOverBudget ? "cost" : "failure";
});
